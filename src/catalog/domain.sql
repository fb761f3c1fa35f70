-- A row is a domain.
-- https://www.postgresql.org/docs/current/catalog-pg-type.html
SELECT 'pg_type'::regclass::oid::int8 AS classid, t.oid::int8 AS objid, t.typarray::int8 AS array_objid,
       n.nspname::text AS schema, t.typname::text AS name,
       format_type(t.typbasetype, t.typtypmod) AS type_name,
       CASE WHEN t.typcollation <> b.typcollation THEN ln.nspname::text END AS collation_schema,
       CASE WHEN t.typcollation <> b.typcollation THEN l.collname::text END AS collation_name,
       coalesce(pg_get_expr(t.typdefaultbin, 0), quote_literal(t.typdefault)) AS expression,
       t.typnotnull AS not_null
  FROM pg_type t
  JOIN pg_namespace n ON n.oid = t.typnamespace
  JOIN pg_type b ON b.oid = t.typbasetype
  LEFT JOIN pg_collation l ON l.oid = t.typcollation
  LEFT JOIN pg_namespace ln ON ln.oid = l.collnamespace
 WHERE t.typtype = 'd' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
   AND NOT EXISTS (SELECT FROM pg_depend e
                    WHERE e.classid = 'pg_type'::regclass AND e.objid = t.oid AND e.deptype = 'e')
 ORDER BY n.nspname, t.typname;
