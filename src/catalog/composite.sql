-- A row is a composite type with its attributes in order; the row types of relations are none.
-- https://www.postgresql.org/docs/current/catalog-pg-type.html
SELECT 'pg_type'::regclass::oid::int8 AS classid, t.oid::int8 AS objid, t.typarray::int8 AS array_objid,
       'pg_class'::regclass::oid::int8 AS class_classid, c.oid::int8 AS class_objid,
       n.nspname::text AS schema, t.typname::text AS name,
       a.numbers, a.names, a.types, a.collation_schemas, a.collation_names
  FROM pg_type t
  JOIN pg_class c ON c.oid = t.typrelid AND c.relkind = 'c'
  JOIN pg_namespace n ON n.oid = t.typnamespace
 CROSS JOIN LATERAL (SELECT array_agg(a.attnum::int4 ORDER BY a.attnum) AS numbers,
                            array_agg(a.attname::text ORDER BY a.attnum) AS names,
                            array_agg(format_type(a.atttypid, a.atttypmod) ORDER BY a.attnum) AS types,
                            array_agg(CASE WHEN a.attcollation <> y.typcollation THEN ln.nspname::text END ORDER BY a.attnum) AS collation_schemas,
                            array_agg(CASE WHEN a.attcollation <> y.typcollation THEN l.collname::text END ORDER BY a.attnum) AS collation_names
                       FROM pg_attribute a
                       JOIN pg_type y ON y.oid = a.atttypid
                       LEFT JOIN pg_collation l ON l.oid = a.attcollation
                       LEFT JOIN pg_namespace ln ON ln.oid = l.collnamespace
                      WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS a
 WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
   AND NOT EXISTS (SELECT FROM pg_depend e
                    WHERE e.classid = 'pg_type'::regclass AND e.objid = t.oid AND e.deptype = 'e')
 ORDER BY n.nspname, t.typname;
