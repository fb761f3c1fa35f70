-- A row is a live column of a table, with its default or generation expression and how its values are kept.
-- https://www.postgresql.org/docs/current/catalog-pg-attribute.html
-- https://www.postgresql.org/docs/current/catalog-pg-attrdef.html
-- Of a foreign table the server takes a compression method in CREATE alone, and does nothing with it.
-- A default cannot mention columns, so it is printed without opening the relation: a tenth of the cost.
SELECT 'pg_class'::regclass::oid::int8 AS classid, a.attrelid::int8 AS objid, a.attnum::int4 AS objsubid,
       n.nspname::text AS schema, c.relname::text AS "table", a.attname::text AS name,
       format_type(a.atttypid, a.atttypmod) AS type_name,
       a.attnotnull AS not_null, a.attinhcount > 0 AS inherited, a.attislocal AS own,
       a.attgenerated::text AS generated,
       CASE WHEN a.attcollation <> t.typcollation THEN ln.nspname::text END AS collation_schema,
       CASE WHEN a.attcollation <> t.typcollation THEN l.collname::text END AS collation_name,
       CASE WHEN a.attstorage <> t.typstorage THEN a.attstorage::text END AS storage,
       t.typstorage::text AS usual_storage,
       CASE WHEN c.relkind <> 'f' THEN nullif(a.attcompression::text, '') END AS compression,
       nullif(a.attstattarget, -1)::int4 AS statistics,
       a.attoptions AS options, a.attfdwoptions AS foreign_options,
       'pg_attrdef'::regclass::oid::int8 AS default_classid, d.oid::int8 AS default_objid,
       pg_get_expr(d.adbin, CASE a.attgenerated WHEN '' THEN 0::oid ELSE d.adrelid END) AS expression
  FROM pg_attribute a
  JOIN pg_class c ON c.oid = a.attrelid
  JOIN pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_type t ON t.oid = a.atttypid
  LEFT JOIN pg_collation l ON l.oid = a.attcollation
  LEFT JOIN pg_namespace ln ON ln.oid = l.collnamespace
  LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
 WHERE c.relkind IN ('r', 'p', 'f') AND c.relpersistence <> 't' AND a.attnum > 0 AND NOT a.attisdropped
   AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
 ORDER BY a.attrelid, a.attnum;
