-- A row is a schema that is neither the system's nor an extension's.
-- https://www.postgresql.org/docs/current/catalog-pg-namespace.html
SELECT 'pg_namespace'::regclass::oid::int8 AS classid, n.oid::int8 AS objid, n.nspname::text AS name
  FROM pg_namespace n
 WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
   AND NOT EXISTS (SELECT FROM pg_depend e
                    WHERE e.classid = 'pg_namespace'::regclass AND e.objid = n.oid AND e.deptype = 'e')
 ORDER BY n.nspname;
