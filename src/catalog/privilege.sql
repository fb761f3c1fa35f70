-- A row is something with an owner; its privileges come one row each where they differ from what the server gives by
-- itself. What the reading role owns is not said, and what it may do with that is said without its name: on a scratch
-- server that role has another one.
-- https://www.postgresql.org/docs/current/ddl-priv.html
WITH thing AS (
  SELECT 'pg_namespace'::regclass AS class, n.oid, 0 AS sub, n.nspowner AS owner, n.nspacl AS acl, 'n'::"char" AS type
    FROM pg_namespace n WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  UNION ALL
  SELECT 'pg_class'::regclass, c.oid, 0, c.relowner, c.relacl, CASE c.relkind WHEN 'S' THEN 's' ELSE 'r' END::"char"
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
   WHERE c.oid >= 16384 AND c.relkind IN ('r', 'p', 'f', 'v', 'm', 'S') AND c.relpersistence <> 't'
     AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  UNION ALL
  SELECT 'pg_class'::regclass, a.attrelid, a.attnum, c.relowner, a.attacl, 'c'::"char"
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
   WHERE a.attrelid >= 16384 AND a.attacl IS NOT NULL AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'f', 'v', 'm') AND c.relpersistence <> 't'
     AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  UNION ALL
  SELECT 'pg_proc'::regclass, p.oid, 0, p.proowner, p.proacl, 'f'::"char"
    FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
   -- The functions that make the values of a range type are the server's.
   WHERE p.oid >= 16384 AND NOT EXISTS (SELECT FROM pg_depend i WHERE i.classid = 'pg_proc'::regclass AND i.objid = p.oid AND i.deptype = 'i')
     AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  UNION ALL
  SELECT 'pg_type'::regclass, t.oid, 0, t.typowner, t.typacl, 'T'::"char"
    FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
   WHERE t.oid >= 16384 AND (t.typtype IN ('e', 'd', 'r') OR t.typtype = 'c' AND EXISTS (SELECT FROM pg_class c WHERE c.oid = t.typrelid AND c.relkind = 'c')) AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  UNION ALL
  SELECT 'pg_foreign_data_wrapper'::regclass, w.oid, 0, w.fdwowner, w.fdwacl, 'F'::"char" FROM pg_foreign_data_wrapper w
  UNION ALL
  SELECT 'pg_event_trigger'::regclass, e.oid, 0, e.evtowner, NULL, 'T'::"char" FROM pg_event_trigger e
  UNION ALL
  SELECT 'pg_statistic_ext'::regclass, x.oid, 0, x.stxowner, NULL, 'T'::"char" FROM pg_statistic_ext x
  UNION ALL
  SELECT 'pg_publication'::regclass, p.oid, 0, p.pubowner, NULL, 'T'::"char" FROM pg_publication p
  UNION ALL
  SELECT 'pg_foreign_server'::regclass, s.oid, 0, s.srvowner, s.srvacl, 'S'::"char" FROM pg_foreign_server s
  UNION ALL
  SELECT o.class, o.oid, 0, o.owner, NULL, 'T'::"char"
    FROM (SELECT 'pg_conversion'::regclass AS class, oid, connamespace AS schema, conowner AS owner FROM pg_conversion
          UNION ALL SELECT 'pg_operator'::regclass, oid, oprnamespace, oprowner FROM pg_operator WHERE oid >= 16384
          UNION ALL SELECT 'pg_opfamily'::regclass, oid, opfnamespace, opfowner FROM pg_opfamily WHERE oid >= 16384
          UNION ALL SELECT 'pg_opclass'::regclass, oid, opcnamespace, opcowner FROM pg_opclass WHERE oid >= 16384
          UNION ALL SELECT 'pg_ts_dict'::regclass, oid, dictnamespace, dictowner FROM pg_ts_dict
          UNION ALL SELECT 'pg_ts_config'::regclass, oid, cfgnamespace, cfgowner FROM pg_ts_config) AS o
    JOIN pg_namespace n ON n.oid = o.schema
   WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  UNION ALL
  SELECT 'pg_collation'::regclass, l.oid, 0, l.collowner, NULL, 'T'::"char"
    FROM pg_collation l JOIN pg_namespace n ON n.oid = l.collnamespace
   WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'),
held AS (
  SELECT t.class, t.oid, t.sub, t.owner, e.grantee, e.privilege_type, bool_or(e.is_grantable) AS grantable
    FROM thing t CROSS JOIN LATERAL aclexplode(t.acl) AS e
   WHERE t.acl IS NOT NULL GROUP BY 1, 2, 3, 4, 5, 6),
given AS (
  SELECT t.class, t.oid, t.sub, t.owner, e.grantee, e.privilege_type
    FROM thing t CROSS JOIN LATERAL aclexplode(acldefault(t.type, t.owner)) AS e
   WHERE t.acl IS NOT NULL)
SELECT t.class::oid::int8 AS classid, t.oid::int8 AS objid, t.sub::int4 AS objsubid,
       pg_get_userbyid(t.owner)::text AS owner,
       NULL::text AS grantee, NULL::text AS privilege, NULL::text AS how
  FROM thing t WHERE t.sub = 0 AND pg_get_userbyid(t.owner) <> current_user
UNION ALL
SELECT coalesce(h.class, g.class)::oid::int8, coalesce(h.oid, g.oid)::int8, coalesce(h.sub, g.sub)::int4, NULL,
       CASE WHEN coalesce(h.grantee, g.grantee) = 0 THEN 'PUBLIC'
            WHEN coalesce(h.grantee, g.grantee) = coalesce(h.owner, g.owner)
                 AND pg_get_userbyid(coalesce(h.grantee, g.grantee)) = current_user THEN 'CURRENT_USER'
            ELSE pg_get_userbyid(coalesce(h.grantee, g.grantee))::text END,
       coalesce(h.privilege_type, g.privilege_type),
       CASE WHEN h.oid IS NULL THEN 'taken' WHEN h.grantable THEN 'grantable' ELSE 'held' END
  FROM held h
  FULL JOIN given g ON g.class = h.class AND g.oid = h.oid AND g.sub = h.sub AND g.grantee = h.grantee
                   AND g.privilege_type = h.privilege_type
 WHERE h.oid IS NULL OR g.oid IS NULL OR h.grantable
 ORDER BY 1, 2, 3, 5, 6;
