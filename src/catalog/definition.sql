-- A row is a clause of an object of a small kind, or an entry of one that lists some; an object without any has a row without.
-- https://www.postgresql.org/docs/current/catalogs.html
WITH member AS (SELECT classid, objid FROM pg_depend WHERE deptype = 'e'),
     schema AS (SELECT oid, nspname FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'),
     function AS (SELECT p.oid, ARRAY[n.nspname, p.proname]::text[] AS path FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace),
     operator AS (SELECT o.oid, ARRAY[n.nspname, o.oprname]::text[] AS path FROM pg_operator o JOIN pg_namespace n ON n.oid = o.oprnamespace),
     -- The operators and functions of a class, and those that are in a family alone, as the commands list them.
     listed AS (
  SELECT d.refclassid AS class, d.refobjid AS oid,
         format('OPERATOR %s %I.%s (%s, %s)%s', a.amopstrategy, n.nspname, o.oprname, format_type(a.amoplefttype, NULL), format_type(a.amoprighttype, NULL),
                CASE WHEN a.amoppurpose = 'o' THEN (SELECT format(' FOR ORDER BY %I.%I', sn.nspname, sf.opfname)
                                                      FROM pg_opfamily sf JOIN pg_namespace sn ON sn.oid = sf.opfnamespace
                                                     WHERE sf.oid = a.amopsortfamily) END) AS text
    FROM pg_depend d JOIN pg_amop a ON d.classid = 'pg_amop'::regclass AND a.oid = d.objid
    JOIN pg_operator o ON o.oid = a.amopopr JOIN pg_namespace n ON n.oid = o.oprnamespace
   -- An operator that orders depends on the family that it orders by as well.
   WHERE (d.refclassid = 'pg_opclass'::regclass OR d.refclassid = 'pg_opfamily'::regclass AND d.refobjid = a.amopfamily) AND d.deptype IN ('i', 'a')
  UNION ALL
  SELECT d.refclassid, d.refobjid,
         format('FUNCTION %s (%s, %s) %I.%I(%s)', a.amprocnum, format_type(a.amproclefttype, NULL), format_type(a.amprocrighttype, NULL), n.nspname, p.proname,
                (SELECT string_agg(format_type(t.own, NULL), ', ' ORDER BY t.at) FROM unnest(p.proargtypes) WITH ORDINALITY AS t (own, at)))
    FROM pg_depend d JOIN pg_amproc a ON d.classid = 'pg_amproc'::regclass AND a.oid = d.objid
    JOIN pg_proc p ON p.oid = a.amproc JOIN pg_namespace n ON n.oid = p.pronamespace
   WHERE (d.refclassid = 'pg_opclass'::regclass OR d.refclassid = 'pg_opfamily'::regclass AND d.refobjid = a.amprocfamily) AND d.deptype IN ('i', 'a')),
     found AS (
  SELECT 'conversion' AS kind, 'pg_conversion'::regclass AS class, c.oid, ARRAY[s.nspname, c.conname]::text[] AS path,
         v.clause, NULL::text AS entry, v.value, NULL::text[] AS arguments
    FROM pg_conversion c JOIN schema s ON s.oid = c.connamespace LEFT JOIN function f ON f.oid = c.conproc
   CROSS JOIN LATERAL (VALUES ('from', ARRAY[pg_encoding_to_char(c.conforencoding)]::text[]), ('to', ARRAY[pg_encoding_to_char(c.contoencoding)]::text[]),
                              ('function', f.path), ('default', CASE WHEN c.condefault THEN '{}'::text[] END)) AS v (clause, value)
  UNION ALL
  SELECT 'text search parser', 'pg_ts_parser'::regclass, p.oid, ARRAY[s.nspname, p.prsname], v.clause, NULL, f.path, NULL
    FROM pg_ts_parser p JOIN schema s ON s.oid = p.prsnamespace
   CROSS JOIN LATERAL (VALUES ('start', p.prsstart), ('gettoken', p.prstoken), ('end', p.prsend), ('lextypes', p.prslextype),
                              ('headline', p.prsheadline)) AS v (clause, oid)
    LEFT JOIN function f ON f.oid = v.oid
  UNION ALL
  SELECT 'text search template', 'pg_ts_template'::regclass, t.oid, ARRAY[s.nspname, t.tmplname], v.clause, NULL, f.path, NULL
    FROM pg_ts_template t JOIN schema s ON s.oid = t.tmplnamespace
   CROSS JOIN LATERAL (VALUES ('init', t.tmplinit), ('lexize', t.tmpllexize)) AS v (clause, oid)
    LEFT JOIN function f ON f.oid = v.oid
  UNION ALL
  SELECT 'text search dictionary', 'pg_ts_dict'::regclass, d.oid, ARRAY[s.nspname, d.dictname], v.clause, NULL, v.value, NULL
    FROM pg_ts_dict d JOIN schema s ON s.oid = d.dictnamespace
    JOIN pg_ts_template t ON t.oid = d.dicttemplate JOIN pg_namespace n ON n.oid = t.tmplnamespace
   CROSS JOIN LATERAL (VALUES ('template', ARRAY[n.nspname, t.tmplname]::text[]),
                              ('options', CASE WHEN d.dictinitoption <> '' THEN ARRAY[d.dictinitoption] END)) AS v (clause, value)
  UNION ALL
  SELECT 'text search configuration', 'pg_ts_config'::regclass, c.oid, ARRAY[s.nspname, c.cfgname], 'parser', NULL, ARRAY[n.nspname, p.prsname], NULL
    FROM pg_ts_config c JOIN schema s ON s.oid = c.cfgnamespace
    JOIN pg_ts_parser p ON p.oid = c.cfgparser JOIN pg_namespace n ON n.oid = p.prsnamespace
  UNION ALL
  (SELECT 'text search configuration', 'pg_ts_config'::regclass, c.oid, ARRAY[s.nspname, c.cfgname], 'mappings', t.alias, ARRAY[n.nspname, d.dictname], NULL
     FROM pg_ts_config c JOIN schema s ON s.oid = c.cfgnamespace
     JOIN pg_ts_config_map x ON x.mapcfg = c.oid JOIN pg_ts_dict d ON d.oid = x.mapdict JOIN pg_namespace n ON n.oid = d.dictnamespace
     JOIN LATERAL ts_token_type(c.cfgparser) AS t ON t.tokid = x.maptokentype
    ORDER BY c.oid, t.alias, x.mapseqno)
  UNION ALL
  SELECT 'foreign-data wrapper', 'pg_foreign_data_wrapper'::regclass, w.oid, ARRAY[w.fdwname], v.clause, NULL, f.path, NULL
    FROM pg_foreign_data_wrapper w
   CROSS JOIN LATERAL (VALUES ('', 0::oid), ('handler', w.fdwhandler), ('validator', w.fdwvalidator)) AS v (clause, oid)
    LEFT JOIN function f ON f.oid = v.oid
  UNION ALL
  SELECT 'foreign-data wrapper', 'pg_foreign_data_wrapper'::regclass, w.oid, ARRAY[w.fdwname], 'options', o.option_name, ARRAY[coalesce(o.option_value, '')], NULL
    FROM pg_foreign_data_wrapper w CROSS JOIN LATERAL pg_options_to_table(w.fdwoptions) AS o
  UNION ALL
  SELECT 'foreign server', 'pg_foreign_server'::regclass, s.oid, ARRAY[s.srvname], v.clause, NULL, v.value, NULL
    FROM pg_foreign_server s JOIN pg_foreign_data_wrapper w ON w.oid = s.srvfdw
   CROSS JOIN LATERAL (VALUES ('wrapper', ARRAY[w.fdwname]::text[]), ('type', CASE WHEN s.srvtype IS NOT NULL THEN ARRAY[s.srvtype] END),
                              ('version', CASE WHEN s.srvversion IS NOT NULL THEN ARRAY[s.srvversion] END)) AS v (clause, value)
  UNION ALL
  SELECT 'foreign server', 'pg_foreign_server'::regclass, s.oid, ARRAY[s.srvname], 'options', o.option_name, ARRAY[coalesce(o.option_value, '')], NULL
    FROM pg_foreign_server s CROSS JOIN LATERAL pg_options_to_table(s.srvoptions) AS o
  UNION ALL
  SELECT 'access method', 'pg_am'::regclass, m.oid, ARRAY[m.amname], v.clause, NULL, v.value, NULL
    FROM pg_am m LEFT JOIN function f ON f.oid = m.amhandler
   CROSS JOIN LATERAL (VALUES ('type', ARRAY[CASE m.amtype WHEN 't' THEN 'table' ELSE 'index' END]), ('handler', f.path)) AS v (clause, value)
   WHERE m.oid >= 16384
  UNION ALL
  SELECT 'operator', 'pg_operator'::regclass, o.oid, ARRAY[s.nspname, o.oprname], v.clause, NULL, v.value,
         ARRAY[CASE WHEN o.oprleft = 0 THEN 'NONE' ELSE format_type(o.oprleft, NULL) END, format_type(o.oprright, NULL)]
    FROM pg_operator o JOIN schema s ON s.oid = o.oprnamespace
    LEFT JOIN function f ON f.oid = o.oprcode LEFT JOIN function r ON r.oid = o.oprrest LEFT JOIN function j ON j.oid = o.oprjoin
    LEFT JOIN operator c ON c.oid = o.oprcom LEFT JOIN operator n ON n.oid = o.oprnegate
   CROSS JOIN LATERAL (VALUES ('function', f.path), ('commutator', c.path), ('negator', n.path), ('restrict', r.path), ('join', j.path),
                              ('hashes', CASE WHEN o.oprcanhash THEN '{}'::text[] END),
                              ('merges', CASE WHEN o.oprcanmerge THEN '{}'::text[] END)) AS v (clause, value)
   WHERE o.oprcode <> 0
  UNION ALL
  SELECT 'cast', 'pg_cast'::regclass, c.oid, ARRAY['cast'], v.clause, NULL, v.value, ARRAY[format_type(c.castsource, NULL), format_type(c.casttarget, NULL)]
    FROM pg_cast c LEFT JOIN function f ON f.oid = c.castfunc LEFT JOIN pg_proc p ON p.oid = c.castfunc
   CROSS JOIN LATERAL (VALUES ('', NULL::text[]),
                              ('function', CASE WHEN f.oid IS NOT NULL THEN f.path || ARRAY(SELECT format_type(t.own, NULL) FROM unnest(p.proargtypes) WITH ORDINALITY AS t (own, at) ORDER BY t.at) END),
                              ('inout', CASE WHEN c.castmethod = 'i' THEN '{}'::text[] END),
                              ('context', CASE c.castcontext WHEN 'a' THEN ARRAY['assignment'] WHEN 'i' THEN ARRAY['implicit'] END)) AS v (clause, value)
   -- The server makes the one from a range type to its multirange type.
   WHERE NOT EXISTS (SELECT FROM pg_depend o WHERE o.classid = 'pg_cast'::regclass AND o.objid = c.oid AND o.deptype = 'i')
  UNION ALL
  SELECT 'event trigger', 'pg_event_trigger'::regclass, e.oid, ARRAY[e.evtname], v.clause, NULL, v.value, NULL
    FROM pg_event_trigger e LEFT JOIN function f ON f.oid = e.evtfoid
   CROSS JOIN LATERAL (VALUES ('on', ARRAY[e.evtevent]::text[]), ('tags', ARRAY(SELECT t FROM unnest(e.evttags) AS t ORDER BY t COLLATE "C")), ('function', f.path),
                              ('enabled', CASE e.evtenabled WHEN 'D' THEN ARRAY['disabled'] WHEN 'R' THEN ARRAY['replica'] WHEN 'A' THEN ARRAY['always'] END)
                      ) AS v (clause, value)
   WHERE v.clause <> 'tags' OR e.evttags IS NOT NULL
  UNION ALL
  SELECT 'operator family', 'pg_opfamily'::regclass, f.oid, ARRAY[s.nspname, f.opfname], v.clause, NULL, v.value, ARRAY[m.amname]
    FROM pg_opfamily f JOIN schema s ON s.oid = f.opfnamespace JOIN pg_am m ON m.oid = f.opfmethod
   CROSS JOIN LATERAL (VALUES ('', NULL::text[]),
                              ('as', (SELECT array_agg(x.text ORDER BY x.text COLLATE "C") FROM listed x WHERE x.class = 'pg_opfamily'::regclass AND x.oid = f.oid))) AS v (clause, value)
  UNION ALL
  SELECT 'operator class', 'pg_opclass'::regclass, o.oid, ARRAY[s.nspname, o.opcname], v.clause, NULL, v.value, ARRAY[m.amname]
    FROM pg_opclass o JOIN schema s ON s.oid = o.opcnamespace JOIN pg_am m ON m.oid = o.opcmethod
    JOIN pg_opfamily f ON f.oid = o.opcfamily JOIN pg_namespace fn ON fn.oid = f.opfnamespace
   CROSS JOIN LATERAL (VALUES ('default', CASE WHEN o.opcdefault THEN '{}'::text[] END), ('type', ARRAY[format_type(o.opcintype, NULL)]),
                              ('family', ARRAY[fn.nspname, f.opfname]::text[]),
                              ('storage', CASE WHEN o.opckeytype <> 0 THEN ARRAY[format_type(o.opckeytype, NULL)] END),
                              ('as', (SELECT array_agg(x.text ORDER BY x.text COLLATE "C") FROM listed x WHERE x.class = 'pg_opclass'::regclass AND x.oid = o.oid))) AS v (clause, value)
  UNION ALL
  SELECT 'statistics', 'pg_statistic_ext'::regclass, x.oid, ARRAY[s.nspname, x.stxname], v.clause, NULL, v.value, NULL
    FROM pg_statistic_ext x JOIN schema s ON s.oid = x.stxnamespace
    JOIN pg_class c ON c.oid = x.stxrelid AND c.relpersistence <> 't' JOIN pg_namespace n ON n.oid = c.relnamespace
   CROSS JOIN LATERAL (VALUES ('table', ARRAY[n.nspname, c.relname]::text[]),
                              ('columns', ARRAY(SELECT own COLLATE "C" FROM (SELECT quote_ident(a.attname) FROM unnest(x.stxkeys::int2[]) AS k (attnum)
                                                                        JOIN pg_attribute a ON a.attrelid = x.stxrelid AND a.attnum = k.attnum
                                                                      UNION ALL SELECT unnest(pg_get_statisticsobjdef_expressions(x.oid))) AS e (own)
                                                 ORDER BY 1)),
                              -- All three are what the server takes where nothing is said.
                              ('kinds', (SELECT array_agg(CASE k WHEN 'd' THEN 'ndistinct' WHEN 'f' THEN 'dependencies' ELSE 'mcv' END
                                                          ORDER BY CASE k WHEN 'd' THEN 'ndistinct' WHEN 'f' THEN 'dependencies' ELSE 'mcv' END COLLATE "C")
                                           FROM unnest(x.stxkind) AS k WHERE k <> 'e' HAVING count(*) < 3)),
                              ('target', CASE WHEN x.stxstattarget >= 0 THEN ARRAY[x.stxstattarget::text] END)) AS v (clause, value)
  UNION ALL
  SELECT 'publication', 'pg_publication'::regclass, p.oid, ARRAY[p.pubname], v.clause, NULL, v.value, NULL
    FROM (SELECT x.*, (SELECT pubgencols FROM (SELECT x.*) AS y)::text AS generated
            FROM pg_publication x CROSS JOIN (SELECT NULL::text AS pubgencols) AS absent) AS p
   CROSS JOIN LATERAL (VALUES ('', NULL::text[]), ('all_tables', CASE WHEN p.puballtables THEN '{}'::text[] END),
                              ('publish', CASE WHEN NOT (p.pubinsert AND p.pubupdate AND p.pubdelete AND p.pubtruncate)
                                               THEN array_remove(ARRAY[CASE WHEN p.pubdelete THEN 'delete' END, CASE WHEN p.pubinsert THEN 'insert' END,
                                                                       CASE WHEN p.pubtruncate THEN 'truncate' END, CASE WHEN p.pubupdate THEN 'update' END], NULL) END),
                              ('via_root', CASE WHEN p.pubviaroot THEN '{}'::text[] END),
                              ('generated', CASE WHEN p.generated = 's' THEN ARRAY['stored'] END)) AS v (clause, value)
  UNION ALL
  -- Options that may be secrets stay where they are.
  SELECT 'user mapping', 'pg_user_mapping'::regclass, u.umid, ARRAY[u.srvname],
         CASE WHEN o.option_name IS NOT NULL THEN 'options' WHEN u.umoptions IS NULL AND NOT s.isseen THEN 'unseen' ELSE '' END,
         o.option_name, ARRAY[coalesce(o.option_value, '')], ARRAY[CASE WHEN u.umuser <> 0 THEN u.usename ELSE '' END]
    FROM pg_user_mappings u
    -- To whom the view shows options (manual section 53.35).
    JOIN (SELECT m.oid, pg_has_role(m.srvowner, 'USAGE') AS isowners FROM pg_foreign_server m) AS w ON w.oid = u.srvid
   CROSS JOIN LATERAL (SELECT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)
                              OR u.umuser = 0 AND w.isowners
                              OR u.umuser <> 0 AND u.usename = current_user AND (w.isowners OR has_server_privilege(u.srvid, 'USAGE')) AS isseen) AS s
    LEFT JOIN LATERAL pg_options_to_table(u.umoptions) AS o
           ON o.option_name IN ('user', 'username', 'user_name', 'remote_user', 'password_required'))
SELECT f.kind, f.class::oid::int8 AS classid, f.oid::int8 AS objid, f.path, coalesce(f.arguments, '{}') AS arguments, f.clause, f.entry, f.value
  FROM (SELECT found.*, row_number() OVER () AS position FROM found) AS f
 WHERE f.oid >= 16384 AND (f.value IS NOT NULL OR f.clause = '')
   AND NOT EXISTS (SELECT FROM member m WHERE m.classid = f.class AND m.objid = f.oid)
 ORDER BY f.kind, f.path, f.arguments, f.position;
