-- A row is an operator or a function of an operator class or family, which stands for it in dependencies.
-- https://www.postgresql.org/docs/current/catalog-pg-amop.html
SELECT d.classid::int8 AS classid, d.objid::int8 AS objid, d.refclassid::int8 AS refclassid, d.refobjid::int8 AS refobjid
  FROM pg_depend d
 WHERE d.classid IN ('pg_amop'::regclass, 'pg_amproc'::regclass) AND d.refclassid IN ('pg_opclass'::regclass, 'pg_opfamily'::regclass)
   AND d.deptype IN ('i', 'a') AND d.refobjid >= 16384
 ORDER BY 1, 2;
