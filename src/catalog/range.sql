-- A row is a range type. One with a canonical function, which only a shell type can have been made with, and one whose multirange
-- type lies in another schema are left out and reported.
-- https://www.postgresql.org/docs/current/catalog-pg-range.html
SELECT 'pg_type'::regclass::oid::int8 AS classid, t.oid::int8 AS objid, t.typarray::int8 AS array_objid,
       m.oid::int8 AS multirange_objid, m.typarray::int8 AS multirange_array_objid,
       n.nspname::text AS schema, t.typname::text AS name,
       format_type(r.rngsubtype, NULL) AS subtype,
       CASE WHEN NOT o.opcdefault THEN ARRAY[opn.nspname::text, o.opcname::text] END AS subtype_opclass,
       CASE WHEN r.rngcollation <> y.typcollation THEN ARRAY[ln.nspname::text, l.collname::text] END AS collation,
       CASE WHEN d.oid IS NOT NULL THEN ARRAY[dn.nspname::text, d.proname::text] END AS subtype_diff,
       ARRAY[mn.nspname::text, m.typname::text] AS multirange,
       'pg_proc'::regclass::oid::int8 AS function_classid,
       (SELECT array_agg(f.objid::int8) FROM pg_depend f
         WHERE f.classid = 'pg_proc'::regclass AND f.refclassid = 'pg_type'::regclass AND f.deptype = 'i'
           AND f.refobjid IN (t.oid, m.oid)) AS functions
  FROM pg_range r
  JOIN pg_type t ON t.oid = r.rngtypid
  JOIN pg_namespace n ON n.oid = t.typnamespace
  JOIN pg_type y ON y.oid = r.rngsubtype
  JOIN pg_type m ON m.oid = r.rngmultitypid
  JOIN pg_namespace mn ON mn.oid = m.typnamespace
  JOIN pg_opclass o ON o.oid = r.rngsubopc
  JOIN pg_namespace opn ON opn.oid = o.opcnamespace
  LEFT JOIN pg_collation l ON l.oid = r.rngcollation
  LEFT JOIN pg_namespace ln ON ln.oid = l.collnamespace
  LEFT JOIN pg_proc d ON d.oid = r.rngsubdiff
  LEFT JOIN pg_namespace dn ON dn.oid = d.pronamespace
 WHERE r.rngcanonical = 0 AND m.typnamespace = t.typnamespace AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
   AND NOT EXISTS (SELECT FROM pg_depend e
                    WHERE e.classid = 'pg_type'::regclass AND e.objid = t.oid AND e.deptype = 'e')
 ORDER BY n.nspname, t.typname;
