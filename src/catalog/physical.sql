-- A row is a table of which something is said beyond what it holds: storage parameters, those of its TOAST table among
-- them, a replica identity, an index that CLUSTER goes by, row-level security.
-- https://www.postgresql.org/docs/current/catalog-pg-class.html
-- https://www.postgresql.org/docs/current/catalog-pg-index.html
-- Where the index of a replica identity is gone, nothing is written of a row, as if one had said so.
SELECT n.nspname::text AS schema, c.relname::text AS name,
       c.reloptions || (SELECT array_agg('toast.' || own ORDER BY at)
                          FROM unnest(x.reloptions) WITH ORDINALITY AS p (own, at)) AS parameters,
       c.relrowsecurity AS row_security, c.relforcerowsecurity AS forced,
       CASE WHEN c.relreplident = 'i' AND r.indexrelid IS NULL THEN 'n' ELSE c.relreplident::text END AS replica_identity,
       'pg_class'::regclass::oid::int8 AS index_classid,
       r.indexrelid::int8 AS replica_index_objid, rc.relname::text AS replica_index,
       (SELECT array_agg(a.attname::text)
          FROM pg_attribute a
         WHERE a.attrelid = c.oid AND a.attnum = ANY ((r.indkey::int2[])[0:r.indnkeyatts - 1])) AS replica_columns,
       k.indexrelid::int8 AS clustered_index_objid, kc.relname::text AS clustered_index
  FROM pg_class c
  JOIN pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_class x ON x.oid = c.reltoastrelid
  LEFT JOIN pg_index r ON r.indrelid = c.oid AND r.indisreplident AND c.relreplident = 'i'
  LEFT JOIN pg_class rc ON rc.oid = r.indexrelid AND NOT rc.relispartition
  LEFT JOIN pg_index k ON k.indrelid = c.oid AND k.indisclustered
  LEFT JOIN pg_class kc ON kc.oid = k.indexrelid AND NOT kc.relispartition
 WHERE c.relkind IN ('r', 'p') AND c.relpersistence <> 't'
   AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
   AND (c.reloptions IS NOT NULL OR x.reloptions IS NOT NULL OR c.relreplident <> 'd' OR k.indexrelid IS NOT NULL
        OR c.relrowsecurity OR c.relforcerowsecurity)
 ORDER BY n.nspname, c.relname;
