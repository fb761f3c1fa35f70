-- A row is a policy of a table.
-- https://www.postgresql.org/docs/current/catalog-pg-policy.html
SELECT 'pg_policy'::regclass::oid::int8 AS classid, p.oid::int8 AS objid,
       n.nspname::text AS schema, c.relname::text AS "table", p.polname::text AS name,
       p.polpermissive AS permissive, p.polcmd::text AS command,
       (SELECT array_agg(r.rolname::text ORDER BY r.rolname COLLATE "C") FROM pg_roles r WHERE r.oid = ANY (p.polroles)) AS roles,
       pg_get_expr(p.polqual, p.polrelid) AS "using", pg_get_expr(p.polwithcheck, p.polrelid) AS with_check
  FROM pg_policy p
  JOIN pg_class c ON c.oid = p.polrelid
  JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind IN ('r', 'p') AND c.relpersistence <> 't'
   AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
 ORDER BY p.polrelid, p.polname;
