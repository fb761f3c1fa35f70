-- A row is what makes a column an identity column: its sequence.
-- https://www.postgresql.org/docs/current/catalog-pg-sequence.html
SELECT n.nspname::text AS schema, c.relname::text AS "table", a.attname::text AS name,
       a.attidentity::text AS identity, q.relname::text AS sequence,
       'pg_class'::regclass::oid::int8 AS classid, q.oid::int8 AS objid,
       s.seqstart AS start, s.seqincrement AS increment, s.seqmin AS min_value, s.seqmax AS max_value,
       s.seqcache AS cache, s.seqcycle AS cycle
  FROM pg_depend d
  JOIN pg_class q ON q.oid = d.objid AND q.relkind = 'S'
  JOIN pg_sequence s ON s.seqrelid = q.oid
  JOIN pg_class c ON c.oid = d.refobjid AND c.relkind IN ('r', 'p', 'f') AND NOT c.relispartition AND c.relpersistence <> 't'
  JOIN pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = d.refobjsubid AND a.attidentity <> '' AND a.attinhcount = 0
 WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass AND d.deptype = 'i'
   AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
 ORDER BY c.oid, a.attnum;
