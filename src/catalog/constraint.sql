-- A row is a primary key, a check, or (18 and later) a NOT NULL of a table.
-- https://www.postgresql.org/docs/current/catalog-pg-constraint.html
SELECT 'pg_constraint'::regclass::oid::int8 AS classid, k.oid::int8 AS objid,
       n.nspname::text AS schema, c.relname::text AS "table", k.conname::text AS name,
       k.contype::text AS type,
       k.convalidated AS validated, k.connoinherit AS no_inherit,
       k.condeferrable AS deferrable, k.condeferred AS deferred,
       (SELECT array_agg(a.attname::text ORDER BY p.at)
          FROM unnest(k.conkey) WITH ORDINALITY AS p (attnum, at)
          JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = p.attnum) AS columns,
       (SELECT array_agg(a.attname::text ORDER BY p.at)
          FROM pg_index i
         CROSS JOIN unnest(i.indkey::int2[]) WITH ORDINALITY AS p (attnum, at)
          JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = p.attnum
         WHERE i.indexrelid = k.conindid AND k.contype = 'p' AND p.at > i.indnkeyatts) AS include,
       'pg_class'::regclass::oid::int8 AS index_classid, k.conindid::int8 AS index_objid,
       pg_get_expr(k.conbin, k.conrelid) AS expression
  FROM pg_constraint k
  JOIN pg_class c ON c.oid = k.conrelid
  JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE k.contype IN ('p', 'c', 'n') AND c.relkind = 'r' AND c.relpersistence <> 't'
   AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
 ORDER BY k.conrelid, k.conname;
