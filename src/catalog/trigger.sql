-- A row is a trigger on a table or view; its condition is in the printed definition alone.
-- https://www.postgresql.org/docs/current/catalog-pg-trigger.html
SELECT 'pg_trigger'::regclass::oid::int8 AS classid, t.oid::int8 AS objid,
       n.nspname::text AS schema, c.relname::text AS "table", t.tgname::text AS name,
       c.relkind = 'v' AS on_view, t.tgtype::int4 AS type, t.tgenabled::text AS enabled,
       'pg_constraint'::regclass::oid::int8 AS constraint_class, t.tgconstraint::int8 AS constraint_oid,
       t.tgconstraint <> 0 AS is_constraint, t.tgdeferrable AS deferrable, t.tginitdeferred AS deferred,
       fn.nspname::text AS from_schema, f.relname::text AS from_table,
       t.tgoldtable::text AS old_table, t.tgnewtable::text AS new_table,
       (SELECT array_agg(a.attname::text ORDER BY p.at)
          FROM unnest(t.tgattr::int2[]) WITH ORDINALITY AS p (attnum, at)
          JOIN pg_attribute a ON a.attrelid = t.tgrelid AND a.attnum = p.attnum) AS update_of,
       pg_get_triggerdef(t.oid) AS definition, t.tgqual IS NOT NULL AS has_condition
  FROM pg_trigger t
  JOIN pg_class c ON c.oid = t.tgrelid
  JOIN pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_class f ON f.oid = t.tgconstrrelid AND t.tgconstrrelid <> 0
  LEFT JOIN pg_namespace fn ON fn.oid = f.relnamespace
 WHERE NOT t.tgisinternal AND t.tgparentid = 0 AND c.relkind IN ('r', 'p', 'f', 'v') AND c.relpersistence <> 't'
   AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
 ORDER BY t.tgrelid, t.tgname;
