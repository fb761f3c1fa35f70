-- A row is a function or procedure, its argument types in the order in which they identify it.
-- https://www.postgresql.org/docs/current/catalog-pg-proc.html
SELECT 'pg_proc'::regclass::oid::int8 AS classid, p.oid::int8 AS objid,
       n.nspname::text AS schema, p.proname::text AS name,
       coalesce((SELECT array_agg(format_type(a.type, NULL) ORDER BY a.at)
                   FROM unnest(p.proargtypes::oid[]) WITH ORDINALITY AS a (type, at)), '{}') AS types,
       pg_get_function_arguments(p.oid) AS arguments,
       pg_get_function_result(p.oid) AS returns,
       l.lanname::text AS language, l.lanname IN ('c', 'internal') AS compiled,
       p.prosrc AS body, p.probin AS file, pg_get_function_sqlbody(p.oid) AS sql_body,
       p.prokind = 'p' AS procedure, p.prokind = 'w' AS "window", p.provolatile::text AS volatility, p.proparallel::text AS parallel,
       p.proisstrict AS strict, p.prosecdef AS security_definer, p.proleakproof AS leakproof,
       CASE WHEN p.procost <> CASE WHEN l.lanname IN ('c', 'internal') THEN 1 ELSE 100 END THEN p.procost::text END AS cost,
       CASE WHEN p.prorows NOT IN (0, 1000) THEN p.prorows::text END AS rows,
       p.proconfig AS settings,
       sn.nspname::text AS support_schema, s.proname::text AS support_name
  FROM pg_proc p
  JOIN pg_namespace n ON n.oid = p.pronamespace
  JOIN pg_language l ON l.oid = p.prolang
  LEFT JOIN pg_proc s ON s.oid = p.prosupport AND p.prosupport <> 0
  LEFT JOIN pg_namespace sn ON sn.oid = s.pronamespace
 WHERE p.prokind IN ('f', 'w', 'p') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
   AND NOT EXISTS (SELECT FROM pg_depend e
                    WHERE e.classid = 'pg_proc'::regclass AND e.objid = p.oid AND e.deptype IN ('e', 'i'))
 ORDER BY n.nspname, p.proname, p.oid;
