-- A row is a materialized view; its query is printed for an empty search_path, without the closing semicolon.
-- https://www.postgresql.org/docs/current/catalog-pg-class.html
SELECT 'pg_class'::regclass::oid::int8 AS classid, c.oid::int8 AS objid,
       n.nspname::text AS schema, c.relname::text AS name,
       rtrim(pg_get_viewdef(c.oid), ';') AS query,
       c.reloptions || (SELECT array_agg('toast.' || own ORDER BY at)
                          FROM unnest(o.reloptions) WITH ORDINALITY AS p (own, at)) AS parameters,
       c.reltuples::int8 AS estimated_rows, CASE WHEN pg_relation_size(c.oid) = 0 THEN 0 ELSE pg_table_size(c.oid) END::int8 AS bytes,
       x.columns, x.types, 'pg_type'::regclass::oid::int8 AS type_classid, c.reltype::int8 AS row_type, t.typarray::int8 AS row_array
  FROM pg_class c
  JOIN pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_type t ON t.oid = c.reltype
  LEFT JOIN pg_class o ON o.oid = c.reltoastrelid
 CROSS JOIN LATERAL (SELECT coalesce(array_agg(a.attname::text ORDER BY a.attnum), '{}') AS columns,
                            coalesce(array_agg(format_type(a.atttypid, a.atttypmod) ORDER BY a.attnum), '{}') AS types
                       FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0) AS x
 WHERE c.relkind = 'm'
   AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
   AND NOT EXISTS (SELECT FROM pg_depend e
                    WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e')
 ORDER BY n.nspname, c.relname;
