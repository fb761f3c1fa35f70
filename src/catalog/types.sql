-- A row is an enumerated type with its labels in order.
-- https://www.postgresql.org/docs/current/catalog-pg-enum.html
SELECT 'pg_type'::regclass::oid::int8 AS classid, t.oid::int8 AS objid, t.typarray::int8 AS array_objid,
       n.nspname::text AS schema, t.typname::text AS name,
       coalesce((SELECT array_agg(e.enumlabel::text ORDER BY e.enumsortorder)
                   FROM pg_enum e WHERE e.enumtypid = t.oid), '{}') AS labels
  FROM pg_type t
  JOIN pg_namespace n ON n.oid = t.typnamespace
 WHERE t.typtype = 'e' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
   AND NOT EXISTS (SELECT FROM pg_depend e
                    WHERE e.classid = 'pg_type'::regclass AND e.objid = t.oid AND e.deptype = 'e')
 ORDER BY n.nspname, t.typname;
