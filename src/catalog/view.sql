-- A row is a view; its query is printed for an empty search_path, without the closing semicolon.
-- https://www.postgresql.org/docs/current/catalog-pg-class.html
SELECT 'pg_class'::regclass::oid::int8 AS classid, c.oid::int8 AS objid,
       n.nspname::text AS schema, c.relname::text AS name,
       rtrim(pg_get_viewdef(c.oid), ';') AS query, c.reloptions AS options
  FROM pg_class c
  JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind = 'v' AND c.relpersistence <> 't'
   AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
   AND NOT EXISTS (SELECT FROM pg_depend e
                    WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e')
 ORDER BY n.nspname, c.relname;
