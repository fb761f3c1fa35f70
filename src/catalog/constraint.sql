-- A row is a primary key, a unique constraint, a foreign key, a check, or (18 and later) a NOT NULL of a table.
-- https://www.postgresql.org/docs/current/catalog-pg-constraint.html
SELECT 'pg_constraint'::regclass::oid::int8 AS classid, k.oid::int8 AS objid,
       n.nspname::text AS schema, c.relname::text AS "table", k.conname::text AS name,
       k.contype::text AS type,
       k.conparentid <> 0 OR k.contype IN ('c', 'n') AND k.coninhcount > 0 AS inherited, k.conislocal AS own,
       k.convalidated AS validated, coalesce(k.enforced, true) AS enforced, k.connoinherit AS no_inherit,
       coalesce(k.temporal, false) AS temporal,
       k.condeferrable AS deferrable, k.condeferred AS deferred,
       (SELECT array_agg(a.attname::text ORDER BY p.at)
          FROM unnest(k.conkey) WITH ORDINALITY AS p (attnum, at)
          JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = p.attnum) AS columns,
       (SELECT array_agg(a.attname::text ORDER BY p.at)
          FROM pg_index i
         CROSS JOIN unnest(i.indkey::int2[]) WITH ORDINALITY AS p (attnum, at)
          JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = p.attnum
         WHERE i.indexrelid = k.conindid AND k.contype IN ('p', 'u') AND p.at > i.indnkeyatts) AS include,
       'pg_class'::regclass::oid::int8 AS index_classid, k.conindid::int8 AS index_objid,
       pg_get_expr(k.conbin, k.conrelid) AS expression,
       coalesce((SELECT nulls_not_distinct
                   FROM (SELECT x.*, (SELECT indnullsnotdistinct FROM (SELECT x.*) AS y) AS nulls_not_distinct
                           FROM pg_index x CROSS JOIN (SELECT NULL::bool AS indnullsnotdistinct) AS absent
                          WHERE x.indexrelid = k.conindid AND k.contype = 'u') AS i), false) AS nulls_not_distinct,
       fn.nspname::text AS referenced_schema, f.relname::text AS referenced_table,
       (SELECT array_agg(a.attname::text ORDER BY p.at)
          FROM unnest(k.confkey) WITH ORDINALITY AS p (attnum, at)
          JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = p.attnum) AS referenced_columns,
       (SELECT array_agg(a.attname::text ORDER BY p.at)
          FROM unnest(k.set_columns) WITH ORDINALITY AS p (attnum, at)
          JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = p.attnum) AS set_columns,
       k.confupdtype::text AS on_update, k.confdeltype::text AS on_delete, k.confmatchtype::text AS matching
  FROM (SELECT x.*,
               (SELECT confdelsetcols FROM (SELECT x.*) AS y) AS set_columns,
               (SELECT conperiod FROM (SELECT x.*) AS y) AS temporal,
               (SELECT conenforced FROM (SELECT x.*) AS y) AS enforced
          FROM pg_constraint x
         CROSS JOIN (SELECT NULL::int2[] AS confdelsetcols, NULL::bool AS conperiod, NULL::bool AS conenforced) AS absent) AS k
  JOIN pg_class c ON c.oid = k.conrelid
  JOIN pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_class f ON f.oid = k.confrelid AND k.contype = 'f'
  LEFT JOIN pg_namespace fn ON fn.oid = f.relnamespace
 WHERE k.contype IN ('p', 'u', 'f', 'c', 'n') AND c.relkind IN ('r', 'p', 'f') AND c.relpersistence <> 't'
   -- What refers to a partitioned table has one more for each partition.
   AND NOT EXISTS (SELECT FROM pg_constraint u WHERE u.oid = k.conparentid AND u.conrelid = k.conrelid)
   AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
 ORDER BY k.conrelid, k.conname;
