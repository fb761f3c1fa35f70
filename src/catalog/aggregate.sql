-- A row is an aggregate function, its argument types in the order in which they identify it.
-- https://www.postgresql.org/docs/current/catalog-pg-aggregate.html
WITH part AS (
  SELECT f.oid, ARRAY[s.nspname::text, f.proname::text] AS name
    FROM pg_proc f JOIN pg_namespace s ON s.oid = f.pronamespace)
SELECT 'pg_proc'::regclass::oid::int8 AS classid, p.oid::int8 AS objid,
       n.nspname::text AS schema, p.proname::text AS name,
       coalesce((SELECT array_agg(format_type(t.type, NULL) ORDER BY t.at)
                   FROM unnest(p.proargtypes::oid[]) WITH ORDINALITY AS t (type, at)), '{}') AS types,
       pg_get_function_arguments(p.oid) AS arguments, a.aggkind = 'h' AS hypothetical,
       (SELECT f.name FROM part f WHERE f.oid = a.aggtransfn) AS sfunc, format_type(a.aggtranstype, NULL) AS stype,
       a.aggtransspace AS sspace,
       (SELECT f.name FROM part f WHERE f.oid = a.aggfinalfn) AS finalfunc, a.aggfinalextra AS finalfunc_extra,
       CASE WHEN a.aggfinalmodify <> CASE a.aggkind WHEN 'n' THEN 'r' ELSE 'w' END THEN a.aggfinalmodify::text END AS finalfunc_modify,
       a.agginitval AS initcond,
       (SELECT f.name FROM part f WHERE f.oid = a.aggmtransfn) AS msfunc,
       CASE WHEN a.aggmtranstype <> 0 THEN format_type(a.aggmtranstype, NULL) END AS mstype, a.aggmtransspace AS msspace,
       (SELECT f.name FROM part f WHERE f.oid = a.aggminvtransfn) AS minvfunc,
       (SELECT f.name FROM part f WHERE f.oid = a.aggmfinalfn) AS mfinalfunc, a.aggmfinalextra AS mfinalfunc_extra,
       CASE WHEN a.aggmfinalmodify <> CASE a.aggkind WHEN 'n' THEN 'r' ELSE 'w' END THEN a.aggmfinalmodify::text END AS mfinalfunc_modify,
       a.aggminitval AS minitcond,
       (SELECT f.name FROM part f WHERE f.oid = a.aggcombinefn) AS combinefunc,
       (SELECT f.name FROM part f WHERE f.oid = a.aggserialfn) AS serialfunc,
       (SELECT f.name FROM part f WHERE f.oid = a.aggdeserialfn) AS deserialfunc,
       CASE s.nspname WHEN 'pg_catalog' THEN o.oprname::text
                      ELSE 'OPERATOR(' || quote_ident(s.nspname) || '.' || o.oprname || ')' END AS sortop,
       p.proparallel::text AS parallel
  FROM pg_aggregate a
  JOIN pg_proc p ON p.oid = a.aggfnoid
  JOIN pg_namespace n ON n.oid = p.pronamespace
  LEFT JOIN pg_operator o ON o.oid = a.aggsortop
  LEFT JOIN pg_namespace s ON s.oid = o.oprnamespace
 WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
   AND NOT EXISTS (SELECT FROM pg_depend e
                    WHERE e.classid = 'pg_proc'::regclass AND e.objid = p.oid AND e.deptype = 'e')
 ORDER BY n.nspname, p.proname, p.oid;
