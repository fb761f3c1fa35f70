-- A row is a view; its query is printed for an empty search_path, without the closing semicolon.
-- https://www.postgresql.org/docs/current/catalog-pg-class.html
SELECT 'pg_class'::regclass::oid::int8 AS classid, c.oid::int8 AS objid,
       n.nspname::text AS schema, c.relname::text AS name,
       rtrim(pg_get_viewdef(c.oid), ';') AS query, c.reloptions AS options,
       x.columns, x.types, x.defaults, x.default_objids, 'pg_attrdef'::regclass::oid::int8 AS default_classid, 'pg_type'::regclass::oid::int8 AS type_classid, c.reltype::int8 AS row_type, t.typarray::int8 AS row_array
  FROM pg_class c
  JOIN pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_type t ON t.oid = c.reltype
 CROSS JOIN LATERAL (SELECT coalesce(array_agg(a.attname::text ORDER BY a.attnum), '{}') AS columns,
                            coalesce(array_agg(format_type(a.atttypid, a.atttypmod) ORDER BY a.attnum), '{}') AS types,
                            coalesce(array_agg(pg_get_expr(d.adbin, d.adrelid) ORDER BY a.attnum), '{}') AS defaults,
                            coalesce(array_agg(d.oid::int8 ORDER BY a.attnum), '{}') AS default_objids
                       FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
                      WHERE a.attrelid = c.oid AND a.attnum > 0) AS x
 WHERE c.relkind = 'v' AND c.relpersistence <> 't'
   AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
   AND NOT EXISTS (SELECT FROM pg_depend e
                    WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e')
 ORDER BY n.nspname, c.relname;
