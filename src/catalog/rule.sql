-- A row is a rule on a table or view, but for what makes a view a view.
-- https://www.postgresql.org/docs/current/catalog-pg-rewrite.html
SELECT 'pg_rewrite'::regclass::oid::int8 AS classid, r.oid::int8 AS objid,
       n.nspname::text AS schema, c.relname::text AS "table", r.rulename::text AS name,
       c.relkind = 'v' AS on_view, r.ev_type::text AS event, r.ev_enabled::text AS enabled, r.is_instead AS instead,
       pg_get_ruledef(r.oid) AS definition, r.ev_qual::text <> '<>' AS has_condition
  FROM pg_rewrite r
  JOIN pg_class c ON c.oid = r.ev_class
  JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE r.rulename <> '_RETURN' AND c.relkind IN ('r', 'p', 'v') AND c.relpersistence <> 't'
   AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
 ORDER BY r.ev_class, r.rulename;
