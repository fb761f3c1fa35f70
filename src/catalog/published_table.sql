-- A row is a table that a publication names.
-- https://www.postgresql.org/docs/current/catalog-pg-publication-rel.html
SELECT 'pg_publication_rel'::regclass::oid::int8 AS classid, r.oid::int8 AS objid,
       p.pubname::text AS publication, n.nspname::text AS schema, c.relname::text AS "table",
       (SELECT array_agg(a.attname::text ORDER BY a.attname COLLATE "C")
          FROM unnest(r.columns) AS k (attnum) JOIN pg_attribute a ON a.attrelid = r.prrelid AND a.attnum = k.attnum) AS columns,
       pg_get_expr(r.filter, r.prrelid) AS filter
  FROM (SELECT x.*,
               (SELECT prattrs::int2[] FROM (SELECT x.*) AS y) AS columns,
               (SELECT prqual FROM (SELECT x.*) AS y) AS filter
          FROM pg_publication_rel x
         CROSS JOIN (SELECT NULL::int2vector AS prattrs, NULL::pg_node_tree AS prqual) AS absent) AS r
  JOIN pg_publication p ON p.oid = r.prpubid
  JOIN pg_class c ON c.oid = r.prrelid
  JOIN pg_namespace n ON n.oid = c.relnamespace
 ORDER BY p.pubname, n.nspname, c.relname;
