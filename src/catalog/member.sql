-- A row is a member of an extension, with the extension. An array type goes with the type of its elements.
-- https://www.postgresql.org/docs/current/catalog-pg-depend.html
SELECT d.classid::int8 AS classid, d.objid::int8 AS objid, d.refobjid::int8 AS extension,
       coalesce(t.typarray, 0)::int8 AS array_objid
  FROM pg_depend d
  LEFT JOIN pg_type t ON d.classid = 'pg_type'::regclass AND t.oid = d.objid
 WHERE d.deptype = 'e' AND d.refclassid = 'pg_extension'::regclass AND d.refobjid >= 16384
 ORDER BY 1, 2;
