-- A row is an installed extension.
-- https://www.postgresql.org/docs/current/catalog-pg-extension.html
SELECT 'pg_extension'::regclass::oid::int8 AS classid, x.oid::int8 AS objid,
       x.extname::text AS name, n.nspname::text AS schema, x.extversion AS version
  FROM pg_extension x
  JOIN pg_namespace n ON n.oid = x.extnamespace
 WHERE x.oid >= 16384
 ORDER BY x.extname;
