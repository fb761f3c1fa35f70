-- A row is something of this database that is found and not modelled: its kind in the manual's words, its name, and
-- the relation it sits on, or only the schema that it lies in. Members of extensions are their extension's.
-- https://www.postgresql.org/docs/current/catalogs.html
WITH RECURSIVE member AS (SELECT classid, objid FROM pg_depend WHERE deptype = 'e'),
     schema AS (SELECT oid, nspname FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'),
     stray AS (SELECT i.inhrelid AS oid
                 FROM pg_inherits i JOIN pg_class p ON p.oid = i.inhparent JOIN pg_class c ON c.oid = i.inhrelid AND c.relkind = 'r' AND NOT c.relispartition
                WHERE p.relkind NOT IN ('r', 'p') OR p.relpersistence = 't'
                   OR EXISTS (SELECT FROM member m WHERE m.classid = 'pg_class'::regclass AND m.objid = p.oid)
               UNION SELECT i.inhrelid FROM stray JOIN pg_inherits i ON i.inhparent = stray.oid),
     found AS (
  SELECT 'table that inherits from something not modelled' AS kind, s.nspname AS schema, c.relname AS name, NULL::text AS part,
         'pg_class'::regclass::oid AS classid, c.oid AS objid, s.nspname AS on_schema, NULL::name AS on_name
    FROM stray JOIN pg_class c ON c.oid = stray.oid AND c.relpersistence <> 't' JOIN schema s ON s.oid = c.relnamespace
  UNION ALL
  SELECT 'foreign table that inherits, or is a partition' AS kind,
         s.nspname AS schema, c.relname AS name, NULL::text AS part, 'pg_class'::regclass::oid AS classid, c.oid AS objid,
         s.nspname AS on_schema, NULL::name AS on_name
    FROM pg_class c JOIN schema s ON s.oid = c.relnamespace
   WHERE c.relpersistence <> 't'
     AND c.relkind = 'f' AND EXISTS (SELECT FROM pg_inherits x JOIN pg_class h ON h.oid = x.inhrelid AND h.relpersistence <> 't'
                                      WHERE c.oid IN (x.inhrelid, x.inhparent))
  UNION ALL
  SELECT 'base type', s.nspname, t.typname, NULL, 'pg_type'::regclass, t.oid, s.nspname, NULL
    FROM pg_type t JOIN schema s ON s.oid = t.typnamespace
   WHERE t.typtype = 'b' AND t.typelem = 0
  UNION ALL
  SELECT word, s.nspname, t.typname, NULL, 'pg_type'::regclass, t.oid, NULL, NULL
    FROM pg_range r JOIN pg_type t ON t.oid = r.rngtypid JOIN pg_type m ON m.oid = r.rngmultitypid JOIN schema s ON s.oid = t.typnamespace
   CROSS JOIN LATERAL (VALUES ('range type with a canonical function', r.rngcanonical <> 0),
                              ('range type with a multirange type in another schema', m.typnamespace <> t.typnamespace),
                              ('owner of a multirange type', m.typowner <> t.typowner),
                              ('privileges on a multirange type', m.typacl IS NOT NULL),
                              ('comment on a multirange type',
                               EXISTS (SELECT FROM pg_description d WHERE d.classoid = 'pg_type'::regclass AND d.objoid = m.oid)),
                              ('range type without functions of its name', m.typnamespace = t.typnamespace AND
                               (SELECT count(*) FROM pg_depend d JOIN pg_proc p ON d.classid = 'pg_proc'::regclass AND p.oid = d.objid
                                 WHERE d.refclassid = 'pg_type'::regclass AND d.deptype = 'i'
                                   AND (d.refobjid = t.oid AND p.proname = t.typname AND p.pronamespace = t.typnamespace
                                        OR d.refobjid = m.oid AND p.proname = m.typname AND p.pronamespace = m.typnamespace)) < 5)) AS flag (word, isset)
   WHERE isset
  UNION ALL
  SELECT 'constraint attribute', s.nspname, c.relname, k.conname, 'pg_constraint'::regclass, k.oid, s.nspname, c.relname
    FROM pg_constraint k
    JOIN pg_class c ON c.oid = k.conrelid JOIN schema s ON s.oid = c.relnamespace
    LEFT JOIN pg_class i ON i.oid = k.conindid
   WHERE c.relkind IN ('r', 'p') AND k.conparentid = 0
     AND k.contype IN ('p', 'u') AND (i.reloptions IS NOT NULL OR i.reltablespace <> 0)
  UNION ALL
  SELECT 'name of a domain''s NOT NULL', s.nspname, t.typname, k.conname, 'pg_constraint'::regclass, k.oid, NULL, NULL
    FROM pg_constraint k JOIN pg_type t ON t.oid = k.contypid JOIN schema s ON s.oid = t.typnamespace
   WHERE k.contype = 'n' AND k.conname <> t.typname || '_not_null'
  UNION ALL
  SELECT 'trigger', s.nspname, c.relname, t.tgname, 'pg_trigger'::regclass, t.oid, s.nspname, c.relname
    FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN schema s ON s.oid = c.relnamespace
   WHERE NOT t.tgisinternal AND t.tgparentid = 0 AND c.relkind NOT IN ('r', 'p', 'f', 'v')
  UNION ALL
  SELECT 'rule', s.nspname, c.relname, r.rulename, 'pg_rewrite'::regclass, r.oid, s.nspname, c.relname
    FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class JOIN schema s ON s.oid = c.relnamespace
   WHERE r.rulename <> '_RETURN' AND c.relkind NOT IN ('r', 'p', 'v')
  UNION ALL
  SELECT word, s.nspname, c.relname, NULL, 'pg_class'::regclass, c.oid, s.nspname, c.relname
    FROM pg_class c JOIN schema s ON s.oid = c.relnamespace
   CROSS JOIN LATERAL (VALUES ('tablespace of a materialized view', c.relkind = 'm' AND c.reltablespace <> 0),
                              ('table access method of a materialized view', c.relkind = 'm' AND c.relam <> 0 AND c.relam <> (SELECT oid FROM pg_am WHERE amname = 'heap')),
                              ('typed table', c.reloftype <> 0),
                              ('unlogged partitioned table', c.relkind = 'p' AND c.relpersistence = 'u'),
                              ('replica identity of a materialized view', c.relkind = 'm' AND c.relreplident <> 'd'),
                              ('CLUSTER ON of a materialized view', c.relkind = 'm' AND EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisclustered))) AS flag (word, isset)
   WHERE isset AND c.relkind IN ('r', 'p', 'v', 'm') AND c.relpersistence <> 't'
  UNION ALL
  SELECT word, s.nspname, c.relname, a.attname, 'pg_class'::regclass, c.oid, s.nspname, c.relname
    FROM pg_attribute a
    JOIN pg_class c ON c.oid = a.attrelid JOIN schema s ON s.oid = c.relnamespace
   CROSS JOIN LATERAL (VALUES ('statistics target of an index', c.relkind IN ('i', 'I') AND coalesce(a.attstattarget, -1) <> -1),
                              ('statistics target of a materialized view', c.relkind = 'm' AND coalesce(a.attstattarget, -1) <> -1),
                              ('storage of a materialized view', c.relkind = 'm' AND (a.attcompression <> '' OR a.attstorage <> (SELECT y.typstorage FROM pg_type y WHERE y.oid = a.atttypid))),
                              ('column options', c.relkind IN ('v', 'm') AND a.attoptions IS NOT NULL)) AS flag (word, isset)
   WHERE isset AND a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'v', 'm', 'i', 'I') AND c.relpersistence <> 't'
  UNION ALL
  SELECT 'comment on a not null', s.nspname, c.relname, k.conname, 'pg_constraint'::regclass, k.oid, s.nspname, c.relname
    FROM pg_description d JOIN pg_constraint k ON d.classoid = 'pg_constraint'::regclass AND d.objoid = k.oid
    JOIN pg_class c ON c.oid = k.conrelid JOIN schema s ON s.oid = c.relnamespace
   WHERE k.contype = 'n' AND c.relkind IN ('r', 'p', 'f')
  UNION ALL
  SELECT 'comment on the index of a key', s.nspname, c.relname, k.conname, 'pg_class'::regclass, i.oid, s.nspname, c.relname
    FROM pg_description d JOIN pg_class i ON d.classoid = 'pg_class'::regclass AND d.objoid = i.oid AND i.relkind IN ('i', 'I')
    JOIN pg_constraint k ON k.conindid = i.oid AND k.contype IN ('p', 'u', 'x')
    JOIN pg_class c ON c.oid = k.conrelid JOIN schema s ON s.oid = c.relnamespace
  UNION ALL
  SELECT word, s.nspname, c.relname, a.attname, 'pg_class'::regclass, q.oid, s.nspname, c.relname
    FROM pg_depend o JOIN pg_class q ON o.classid = 'pg_class'::regclass AND q.oid = o.objid AND q.relkind = 'S'
    JOIN pg_class c ON o.refclassid = 'pg_class'::regclass AND c.oid = o.refobjid JOIN schema s ON s.oid = c.relnamespace
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = o.refobjsubid
   CROSS JOIN LATERAL (VALUES ('privileges on the sequence of an identity', q.relacl IS NOT NULL),
                              ('unlogged sequence of an identity', q.relpersistence <> c.relpersistence),
                              ('comment on the sequence of an identity',
                               EXISTS (SELECT FROM pg_description d WHERE d.classoid = 'pg_class'::regclass AND d.objoid = q.oid))) AS flag (word, isset)
   WHERE o.deptype = 'i' AND isset AND c.relkind IN ('r', 'p', 'f') AND c.relpersistence <> 't'
  UNION ALL
  SELECT word, s.nspname, p.proname, pg_get_function_identity_arguments(p.oid), 'pg_proc'::regclass, p.oid, NULL, NULL
    FROM pg_proc p JOIN schema s ON s.oid = p.pronamespace
   CROSS JOIN LATERAL (VALUES ('transform of a function', p.protrftypes IS NOT NULL),
                              ('dependence of a function on an extension',
                               EXISTS (SELECT FROM pg_depend x WHERE x.classid = 'pg_proc'::regclass AND x.objid = p.oid AND x.deptype = 'x'))) AS flag (word, isset)
   WHERE isset
  UNION ALL
  SELECT 'dependence on an extension', s.nspname, c.relname, t.tgname, 'pg_trigger'::regclass, t.oid, s.nspname, c.relname
    FROM pg_depend x JOIN pg_trigger t ON x.classid = 'pg_trigger'::regclass AND t.oid = x.objid
    JOIN pg_class c ON c.oid = t.tgrelid JOIN schema s ON s.oid = c.relnamespace
   WHERE x.deptype = 'x' AND c.relkind IN ('r', 'p', 'f', 'v')
  UNION ALL
  SELECT CASE WHEN c.relkind IN ('i', 'I') THEN 'dependence of an index on an extension' ELSE 'dependence of a materialized view on an extension' END, s.nspname, c.relname, NULL, 'pg_class'::regclass, c.oid, s.nspname, c.relname
    FROM pg_depend x JOIN pg_class c ON x.classid = 'pg_class'::regclass AND c.oid = x.objid JOIN schema s ON s.oid = c.relnamespace
   WHERE x.deptype = 'x' AND c.relkind IN ('i', 'I', 'm')
  UNION ALL
  SELECT 'comment on a row type', s.nspname, t.typname, NULL, 'pg_type'::regclass, t.oid, NULL, NULL
    FROM pg_description d JOIN pg_type t ON d.classoid = 'pg_type'::regclass AND d.objoid = t.oid AND t.typrelid <> 0
    JOIN pg_class c ON c.oid = t.typrelid AND c.relkind IN ('r', 'p', 'f', 'v', 'm') JOIN schema s ON s.oid = t.typnamespace
  UNION ALL
  SELECT DISTINCT 'privilege passed on by ' || pg_get_userbyid(e.grantor), t.schema, t.name, t.part, t.class, t.oid, t.schema, t.relation
    FROM (SELECT 'pg_class'::regclass AS class, c.oid, s.nspname AS schema, c.relname AS name, NULL AS part, c.relname AS relation,
                 c.relowner AS owner, c.relacl AS acl
            FROM pg_class c JOIN schema s ON s.oid = c.relnamespace WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm', 'S') AND c.relpersistence <> 't'
          UNION ALL
          SELECT 'pg_class'::regclass, c.oid, s.nspname, c.relname, a.attname, c.relname, c.relowner, a.attacl
            FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN schema s ON s.oid = c.relnamespace
           WHERE a.attacl IS NOT NULL AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'f', 'v', 'm') AND c.relpersistence <> 't'
          UNION ALL
          SELECT 'pg_namespace'::regclass, s.oid, s.nspname, s.nspname, NULL, NULL, n.nspowner, n.nspacl
            FROM schema s JOIN pg_namespace n ON n.oid = s.oid
          UNION ALL
          SELECT 'pg_proc'::regclass, p.oid, s.nspname, p.proname, pg_get_function_identity_arguments(p.oid), NULL, p.proowner, p.proacl
            FROM pg_proc p JOIN schema s ON s.oid = p.pronamespace
          UNION ALL
          SELECT 'pg_type'::regclass, t.oid, s.nspname, t.typname, NULL, NULL, t.typowner, t.typacl
            FROM pg_type t JOIN schema s ON s.oid = t.typnamespace
           WHERE t.typtype IN ('e', 'd', 'r') OR EXISTS (SELECT FROM pg_class c WHERE c.oid = t.typrelid AND c.relkind = 'c')) AS t
   CROSS JOIN LATERAL aclexplode(t.acl) AS e
   WHERE e.grantor <> t.owner
  UNION ALL
  SELECT word || CASE WHEN c.relispartition THEN ' in a partition' ELSE ' in a table that inherits' END,
         s.nspname, c.relname, a.attname, 'pg_class'::regclass, c.oid, s.nspname, c.relname
    FROM pg_class c JOIN schema s ON s.oid = c.relnamespace
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attinhcount > 0 AND c.relkind IN ('r', 'p')
    LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    -- All that several parents say together.
    JOIN LATERAL (SELECT bool_or(q.attnotnull AND NOT EXISTS (SELECT FROM pg_constraint n
                                                               WHERE n.conrelid = q.attrelid AND n.contype = 'n' AND n.connoinherit
                                                                 AND q.attnum = ANY (n.conkey))) AS attnotnull,
                         array_agg(pg_get_expr(e.adbin, CASE q.attgenerated WHEN '' THEN 0::oid ELSE e.adrelid END)) AS expressions,
                         array_agg(q.attstorage) AS storages, array_agg(q.attcompression) AS compressions,
                         array_agg(coalesce(q.attstattarget, -1)::int4) AS targets,
                         array_agg(coalesce(q.attoptions::text, '')) AS options, bool_or(q.attidentity <> '') AS is_identity
                    FROM pg_inherits i
                    JOIN pg_attribute q ON q.attrelid = i.inhparent AND q.attname = a.attname AND NOT q.attisdropped
                    LEFT JOIN pg_attrdef e ON e.adrelid = q.attrelid AND e.adnum = q.attnum
                   WHERE i.inhrelid = c.oid) AS p ON p.storages IS NOT NULL
   CROSS JOIN LATERAL (VALUES ('default of its own',
                               a.attgenerated = '' AND NOT EXISTS (SELECT FROM unnest(p.expressions) AS e (own)
                                                                    WHERE e.own IS NOT DISTINCT FROM pg_get_expr(d.adbin, 0))),
                              ('generation expression of its own',
                               a.attgenerated <> '' AND NOT EXISTS (SELECT FROM unnest(p.expressions) AS e (own)
                                                                     WHERE e.own IS NOT DISTINCT FROM pg_get_expr(d.adbin, d.adrelid))),
                              ('NOT NULL of its own', a.attnotnull AND NOT p.attnotnull
                               AND NOT EXISTS (SELECT FROM pg_index k WHERE k.indrelid = c.oid AND k.indisprimary AND a.attnum = ANY (k.indkey::int2[]))),
                              ('missing NOT NULL', p.attnotnull AND NOT a.attnotnull),
                              ('storage of its own', a.attstorage <> ALL (p.storages) OR a.attcompression <> ALL (p.compressions)),
                              ('statistics target of its own', coalesce(a.attstattarget, -1) <> -1 AND coalesce(a.attstattarget, -1) <> ALL (p.targets)),
                              ('column options', a.attoptions IS NOT NULL AND a.attoptions::text <> ALL (p.options)),
                              ('identity of its own', a.attidentity <> '' AND NOT p.is_identity),
                              ('privileges on a column', a.attacl IS NOT NULL),
                              ('comment on a column',
                               EXISTS (SELECT FROM pg_description o WHERE o.classoid = 'pg_class'::regclass AND o.objoid = c.oid AND o.objsubid = a.attnum))) AS flag (word, isset)
   WHERE isset
  UNION ALL
  SELECT CASE WHEN c.relispartition THEN 'comment on what a partition has from its table' ELSE 'comment on a check that is inherited' END,
         s.nspname, c.relname, k.conname, 'pg_constraint'::regclass, k.oid, s.nspname, c.relname
    FROM pg_description o JOIN pg_constraint k ON o.classoid = 'pg_constraint'::regclass AND o.objoid = k.oid
    JOIN pg_class c ON c.oid = k.conrelid AND c.relkind IN ('r', 'p') JOIN schema s ON s.oid = c.relnamespace
   WHERE k.conparentid <> 0 OR k.contype = 'c' AND k.coninhcount > 0
  UNION ALL
  SELECT 'comment on what a partition has from its table', s.nspname, c.relname, x.relname, 'pg_class'::regclass, x.oid, s.nspname, c.relname
    FROM pg_description o JOIN pg_class x ON o.classoid = 'pg_class'::regclass AND o.objoid = x.oid AND x.relispartition AND x.relkind IN ('i', 'I')
    JOIN pg_index i ON i.indexrelid = x.oid JOIN pg_class c ON c.oid = i.indrelid JOIN schema s ON s.oid = c.relnamespace
   WHERE NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = x.oid AND k.contype IN ('p', 'u', 'x'))
  UNION ALL
  SELECT 'check enforced otherwise than above', s.nspname, c.relname, k.conname, 'pg_constraint'::regclass, k.oid, s.nspname, c.relname
    FROM (SELECT x.*, (SELECT conenforced FROM (SELECT x.*) AS y) AS enforced
            FROM pg_constraint x CROSS JOIN (SELECT true AS conenforced) AS absent) AS k
    JOIN pg_class c ON c.oid = k.conrelid AND c.relkind IN ('r', 'p') JOIN schema s ON s.oid = c.relnamespace
    JOIN pg_inherits i ON i.inhrelid = c.oid
    JOIN (SELECT x.*, (SELECT conenforced FROM (SELECT x.*) AS y) AS enforced
            FROM pg_constraint x CROSS JOIN (SELECT true AS conenforced) AS absent) AS a
      ON a.conrelid = i.inhparent AND a.contype = 'c' AND a.conname = k.conname AND NOT a.connoinherit AND a.enforced <> k.enforced
   WHERE k.contype = 'c' AND k.coninhcount > 0
  UNION ALL
  SELECT 'storage parameters of an index of a partition', s.nspname, c.relname, x.relname, 'pg_class'::regclass, x.oid, s.nspname, c.relname
    FROM pg_inherits h JOIN pg_class x ON x.oid = h.inhrelid AND x.relkind IN ('i', 'I') JOIN pg_class over ON over.oid = h.inhparent
    JOIN pg_index i ON i.indexrelid = x.oid JOIN pg_class c ON c.oid = i.indrelid JOIN schema s ON s.oid = c.relnamespace
   WHERE x.reloptions IS DISTINCT FROM over.reloptions OR x.reltablespace <> over.reltablespace
  UNION ALL
  SELECT word, s.nspname, c.relname, x.relname, 'pg_class'::regclass, x.oid, s.nspname, c.relname
    FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid AND x.relispartition
    JOIN pg_class c ON c.oid = i.indrelid JOIN schema s ON s.oid = c.relnamespace
   CROSS JOIN LATERAL (VALUES ('replica identity by an index of the whole table', i.indisreplident AND c.relreplident = 'i'),
                              ('CLUSTER ON an index of the whole table', i.indisclustered)) AS flag (word, isset)
   WHERE isset
  UNION ALL
  SELECT 'trigger that a partition has kept from its former table', s.nspname, c.relname, t.tgname, 'pg_trigger'::regclass, t.oid, s.nspname, c.relname
    FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN schema s ON s.oid = c.relnamespace
   WHERE t.tgparentid <> 0 AND NOT c.relispartition
  UNION ALL
  SELECT 'enabled state of its own of a trigger in a partition', s.nspname, c.relname, t.tgname, 'pg_trigger'::regclass, t.oid, s.nspname, c.relname
    FROM pg_trigger t JOIN pg_trigger over ON over.oid = t.tgparentid AND over.tgenabled <> t.tgenabled AND over.tgconstraint = 0
    JOIN pg_class c ON c.oid = t.tgrelid JOIN schema s ON s.oid = c.relnamespace
  UNION ALL
  SELECT 'partition that is being detached', s.nspname, c.relname, NULL, 'pg_class'::regclass, c.oid, s.nspname, c.relname
    FROM (SELECT x.*, (SELECT inhdetachpending FROM (SELECT x.*) AS y) AS pending
            FROM pg_inherits x CROSS JOIN (SELECT NULL::bool AS inhdetachpending) AS absent) AS i
    JOIN pg_class c ON c.oid = i.inhrelid JOIN schema s ON s.oid = c.relnamespace
   WHERE i.pending
  UNION ALL
  -- Nothing is lost of a key in that state when it is dropped: it keeps nobody from that.
  SELECT 'partitioned index without all of its parts', s.nspname, c.relname, x.relname, 'pg_class'::regclass,
         CASE WHEN x.relispartition THEN x.oid ELSE 0 END, s.nspname, c.relname
    FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid AND x.relkind = 'I' AND NOT i.indisvalid
     AND (x.relispartition OR EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = x.oid AND k.conrelid = i.indrelid))
    JOIN pg_class c ON c.oid = i.indrelid JOIN schema s ON s.oid = c.relnamespace
  UNION ALL SELECT 'extended statistics of a table not modelled', s.nspname, x.stxname, NULL, 'pg_statistic_ext'::regclass, x.oid, cs.nspname, c.relname
    FROM pg_statistic_ext x JOIN schema s ON s.oid = x.stxnamespace
    JOIN pg_class c ON c.oid = x.stxrelid JOIN pg_namespace cs ON cs.oid = c.relnamespace
   WHERE EXISTS (SELECT FROM member m WHERE m.classid = 'pg_class'::regclass AND m.objid = c.oid)
      OR EXISTS (SELECT FROM stray WHERE stray.oid = c.oid) OR cs.oid NOT IN (SELECT oid FROM schema)
      OR c.relkind = 'f' AND EXISTS (SELECT FROM pg_inherits i JOIN pg_class h ON h.oid = i.inhrelid AND h.relpersistence <> 't'
                                      WHERE c.oid IN (i.inhrelid, i.inhparent))
  UNION ALL SELECT 'table of a publication that is not modelled', NULL, p.pubname, c.relname, 'pg_publication_rel'::regclass, r.oid, cs.nspname, c.relname
    FROM pg_publication_rel r JOIN pg_publication p ON p.oid = r.prpubid JOIN pg_class c ON c.oid = r.prrelid JOIN pg_namespace cs ON cs.oid = c.relnamespace
   WHERE EXISTS (SELECT FROM member m WHERE m.classid = 'pg_class'::regclass AND m.objid = c.oid)
      OR EXISTS (SELECT FROM stray WHERE stray.oid = c.oid) OR cs.oid NOT IN (SELECT oid FROM schema)
  UNION ALL SELECT 'subscription', NULL, b.subname, NULL, 'pg_subscription'::regclass, b.oid, NULL, NULL
    FROM pg_subscription b JOIN pg_database d ON d.oid = b.subdbid WHERE d.datname = current_database()
  UNION ALL SELECT 'option ' || o.option_name || ' of a user mapping', NULL, u.srvname, u.usename, 'pg_user_mapping'::regclass, u.umid, NULL, NULL
    FROM pg_user_mappings u CROSS JOIN LATERAL pg_options_to_table(u.umoptions) AS o
   WHERE o.option_name NOT IN ('user', 'username', 'user_name', 'remote_user', 'password_required')
  UNION ALL SELECT 'operator without a function', s.nspname, o.oprname, NULL, 'pg_operator'::regclass, o.oid, s.nspname, NULL
    FROM pg_operator o JOIN schema s ON s.oid = o.oprnamespace WHERE o.oprcode = 0
  UNION ALL SELECT 'member of an operator family of others', n.nspname, f.opfname, x.what, x.class, x.oid, NULL, NULL
    FROM (SELECT 'pg_amop'::regclass AS class, oid, amopfamily AS family, 'operator ' || amopstrategy AS what FROM pg_amop
          UNION ALL SELECT 'pg_amproc'::regclass, oid, amprocfamily, 'function ' || amprocnum FROM pg_amproc) AS x
    JOIN pg_opfamily f ON f.oid = x.family JOIN pg_namespace n ON n.oid = f.opfnamespace
   WHERE x.oid >= 16384
     AND (f.oid < 16384 OR EXISTS (SELECT FROM member m WHERE m.classid = 'pg_opfamily'::regclass AND m.objid = f.oid))
     AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = x.class AND d.objid = x.oid AND d.refclassid = 'pg_opclass'::regclass)
     AND NOT EXISTS (SELECT FROM pg_depend d JOIN member m ON m.classid = d.refclassid AND m.objid = d.refobjid
                      WHERE d.classid = x.class AND d.objid = x.oid AND d.refclassid IN ('pg_opclass'::regclass, 'pg_opfamily'::regclass))
  UNION ALL SELECT 'language', NULL, l.lanname, NULL, 'pg_language'::regclass, l.oid, NULL, NULL FROM pg_language l WHERE l.oid >= 16384
  UNION ALL SELECT 'transform', NULL, l.lanname, format_type(f.trftype, NULL), 'pg_transform'::regclass, f.oid, NULL, NULL
    FROM pg_transform f JOIN pg_language l ON l.oid = f.trflang WHERE f.oid >= 16384
  UNION ALL SELECT 'default privileges on large objects, or in a schema of the system', n.nspname, r.rolname, d.defaclobjtype::text, 'pg_default_acl'::regclass, d.oid, NULL, NULL
    FROM pg_default_acl d JOIN pg_roles r ON r.oid = d.defaclrole LEFT JOIN pg_namespace n ON n.oid = d.defaclnamespace
   WHERE d.defaclobjtype NOT IN ('r', 'S', 'f', 'T', 'n') OR d.defaclnamespace <> 0 AND d.defaclnamespace NOT IN (SELECT oid FROM schema)
  UNION ALL SELECT 'security label', NULL, l.provider::name, l.label, l.classoid, l.objoid, NULL, NULL FROM pg_seclabel l
)
SELECT f.kind, f.schema::text AS schema, f.name::text AS name, f.part::text AS part,
       f.classid::int8 AS classid, f.objid::int8 AS objid, f.on_schema::text AS on_schema, f.on_name::text AS on_name
  FROM found f
 WHERE NOT EXISTS (SELECT FROM member m WHERE m.classid = f.classid AND m.objid = f.objid)
 ORDER BY 1, 2, 3, 4;
