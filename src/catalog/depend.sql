-- A row is a dependency between two things that are not the system's; a view's rule stands for its view. What an operator
-- class of an extension lists is the extension's.
-- https://www.postgresql.org/docs/current/catalog-pg-depend.html
SELECT DISTINCT
       CASE WHEN r.oid IS NULL THEN d.classid ELSE 'pg_class'::regclass::oid END::int8 AS classid,
       coalesce(r.ev_class, d.objid)::int8 AS objid,
       CASE WHEN r.oid IS NULL THEN d.objsubid ELSE 0 END::int4 AS objsubid,
       d.refclassid::int8 AS refclassid, d.refobjid::int8 AS refobjid, d.refobjsubid::int4 AS refobjsubid
  FROM pg_depend d
  LEFT JOIN pg_rewrite r ON d.classid = 'pg_rewrite'::regclass AND r.oid = d.objid AND r.rulename = '_RETURN'
 WHERE NOT (d.classid IN ('pg_amop'::regclass, 'pg_amproc'::regclass)
            AND EXISTS (SELECT FROM pg_depend m JOIN pg_depend e ON e.classid = m.refclassid AND e.objid = m.refobjid AND e.deptype = 'e'
                         WHERE m.classid = d.classid AND m.objid = d.objid AND m.refclassid IN ('pg_opclass'::regclass, 'pg_opfamily'::regclass)))
   AND d.deptype IN ('n', 'a') AND d.objid >= 16384 AND d.refobjid >= 16384
   AND (d.refclassid <> 'pg_namespace'::regclass)
 ORDER BY 1, 2, 3, 4, 5, 6;
