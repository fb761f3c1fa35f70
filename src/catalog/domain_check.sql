-- A row is a check constraint of a domain, or (17 and later) its NOT NULL, which is the domain's own.
-- https://www.postgresql.org/docs/current/catalog-pg-constraint.html
SELECT 'pg_constraint'::regclass::oid::int8 AS classid, k.oid::int8 AS objid,
       n.nspname::text AS schema, t.typname::text AS domain, k.conname::text AS name,
       k.contype::text AS type, k.convalidated AS validated, pg_get_expr(k.conbin, 0) AS expression
  FROM pg_constraint k
  JOIN pg_type t ON t.oid = k.contypid
  JOIN pg_namespace n ON n.oid = t.typnamespace
 WHERE k.contype IN ('c', 'n') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
 ORDER BY n.nspname, t.typname, k.conname;
