-- A row is a schema whose tables a publication publishes (15 and later).
-- https://www.postgresql.org/docs/current/catalog-pg-publication-namespace.html
SELECT 'pg_publication_namespace'::regclass::oid::int8 AS classid, s.oid::int8 AS objid,
       p.pubname::text AS publication, n.nspname::text AS schema
  FROM pg_publication_namespace s
  JOIN pg_publication p ON p.oid = s.pnpubid
  JOIN pg_namespace n ON n.oid = s.pnnspid
 WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
 ORDER BY p.pubname, n.nspname;
