-- A row is a collation. The column of its locale has another name in 14, 15 and 17.
-- https://www.postgresql.org/docs/current/catalog-pg-collation.html
SELECT 'pg_collation'::regclass::oid::int8 AS classid, c.oid::int8 AS objid,
       n.nspname::text AS schema, c.collname::text AS name,
       c.collprovider::text AS provider,
       coalesce(c.locale, c.icu_locale, c.collcollate)::text AS locale,
       coalesce(c.collctype, c.locale, c.icu_locale)::text AS ctype,
       c.collisdeterministic AS deterministic, c.rules AS rules
  FROM (SELECT x.*,
               (SELECT colllocale FROM (SELECT x.*) AS y) AS locale,
               (SELECT colliculocale FROM (SELECT x.*) AS y) AS icu_locale,
               (SELECT collicurules FROM (SELECT x.*) AS y) AS rules
          FROM pg_collation x
         CROSS JOIN (SELECT NULL::text AS colllocale, NULL::text AS colliculocale, NULL::text AS collicurules) AS absent) AS c
  JOIN pg_namespace n ON n.oid = c.collnamespace
 WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
   AND NOT EXISTS (SELECT FROM pg_depend e
                    WHERE e.classid = 'pg_collation'::regclass AND e.objid = c.oid AND e.deptype = 'e')
 ORDER BY n.nspname, c.collname;
