-- A row is an ordinary table that is neither a partition nor a child, with the size its statistics give.
-- https://www.postgresql.org/docs/current/catalog-pg-class.html
SELECT 'pg_class'::regclass::oid::int8 AS classid, c.oid::int8 AS objid,
       n.nspname::text AS schema, c.relname::text AS name,
       c.relpersistence::text AS persistence,
       c.reltuples::int8 AS estimated_rows,
       pg_table_size(c.oid)::int8 AS bytes,
       'pg_type'::regclass::oid::int8 AS type_classid, c.reltype::int8 AS row_type, t.typarray::int8 AS row_array
  FROM pg_class c
  JOIN pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_type t ON t.oid = c.reltype
 WHERE c.relkind = 'r' AND c.relpersistence <> 't'
   AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
   AND NOT EXISTS (SELECT FROM pg_inherits i WHERE c.oid IN (i.inhrelid, i.inhparent))
   AND NOT EXISTS (SELECT FROM pg_depend e
                    WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e')
 ORDER BY n.nspname, c.relname;
