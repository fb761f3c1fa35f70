-- A row is an operator or a function of an operator class or family, which stands for it in dependencies. An operator that orders
-- depends on the family that it orders by as well, and is none of it.
-- https://www.postgresql.org/docs/current/catalog-pg-amop.html
SELECT d.classid::int8 AS classid, d.objid::int8 AS objid, d.refclassid::int8 AS refclassid, d.refobjid::int8 AS refobjid
  FROM pg_depend d
  JOIN (SELECT 'pg_amop'::regclass AS class, oid, amopfamily AS family FROM pg_amop
        UNION ALL SELECT 'pg_amproc'::regclass, oid, amprocfamily FROM pg_amproc) AS a ON d.classid = a.class AND d.objid = a.oid
 WHERE (d.refclassid = 'pg_opclass'::regclass OR d.refclassid = 'pg_opfamily'::regclass AND d.refobjid = a.family)
   AND d.deptype IN ('i', 'a') AND d.refobjid >= 16384
 ORDER BY 1, 2;
