-- A row is an index of a table that no key owns, or the exclusion constraint that one belongs to, its key elements spelled as CREATE INDEX takes them.
-- https://www.postgresql.org/docs/current/catalog-pg-index.html
-- Only expressions and predicates are printed by the server's own functions; plain columns are put together from
-- their parts, which costs a fraction of pg_get_indexdef for the whole index.
SELECT 'pg_class'::regclass::oid::int8 AS classid, i.indexrelid::int8 AS objid,
       n.nspname::text AS schema, t.relname::text AS "table", t.relkind = 'm' AS on_view, c.relname::text AS name,
       c.relispartition AS inherited, m.amname::text AS method, i.indisunique AS "unique", i.indisvalid AS valid,
       coalesce(nulls_not_distinct, false) AS nulls_not_distinct,
       (SELECT array_agg(
                 CASE WHEN i.indkey[at] = 0 THEN pg_get_indexdef(i.indexrelid, at + 1, false)
                      ELSE quote_ident(a.attname) END
              || CASE WHEN i.indcollation[at] <> 0 AND i.indcollation[at] <> own.collation
                      THEN ' COLLATE ' || quote_ident(ln.nspname) || '.' || quote_ident(l.collname) ELSE '' END
              || CASE WHEN o.opcdefault AND x.attoptions IS NULL THEN ''
                      ELSE ' ' || quote_ident(opn.nspname) || '.' || quote_ident(o.opcname) END
              || coalesce((SELECT '(' || string_agg(quote_ident(split_part(p, '=', 1)) || '='
                                                    || quote_literal(substr(p, strpos(p, '=') + 1)), ', ') || ')'
                             FROM unnest(x.attoptions) AS p), '')
              || CASE WHEN i.indoption[at] & 1 = 1 THEN ' DESC' ELSE '' END
              || CASE i.indoption[at] & 3 WHEN 1 THEN ' NULLS LAST' WHEN 2 THEN ' NULLS FIRST' ELSE '' END
              ORDER BY at)
          FROM generate_series(0, i.indnkeyatts - 1) AS at
          LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[at] AND i.indkey[at] <> 0
          JOIN pg_attribute x ON x.attrelid = i.indexrelid AND x.attnum = at + 1
          JOIN pg_type xt ON xt.oid = x.atttypid
         CROSS JOIN LATERAL (SELECT coalesce(a.attcollation, xt.typcollation) AS collation) AS own
          LEFT JOIN pg_collation l ON l.oid = i.indcollation[at]
          LEFT JOIN pg_namespace ln ON ln.oid = l.collnamespace
          JOIN pg_opclass o ON o.oid = i.indclass[at]
          JOIN pg_namespace opn ON opn.oid = o.opcnamespace) AS elements,
       (SELECT array_agg(a.attname::text ORDER BY at)
          FROM generate_series(i.indnkeyatts::int4, i.indnatts - 1) AS at
          JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[at]) AS include,
       pg_get_expr(i.indpred, i.indrelid) AS predicate,
       c.reloptions AS parameters,
       'pg_constraint'::regclass::oid::int8 AS exclusion_classid, x.oid::int8 AS exclusion_objid,
       coalesce(x.condeferrable, false) AS deferrable, coalesce(x.condeferred, false) AS deferred,
       (SELECT array_agg(CASE WHEN on_.nspname = 'pg_catalog' THEN op.oprname
                              ELSE 'OPERATOR(' || quote_ident(on_.nspname) || '.' || op.oprname || ')' END ORDER BY p.at)
          FROM unnest(x.conexclop) WITH ORDINALITY AS p (operator, at)
          JOIN pg_operator op ON op.oid = p.operator JOIN pg_namespace on_ ON on_.oid = op.oprnamespace) AS operators,
       s.spcname::text AS tablespace
  FROM (SELECT x.*,
               (SELECT indnullsnotdistinct FROM (SELECT x.*) AS y) AS nulls_not_distinct
          FROM pg_index x CROSS JOIN (SELECT NULL::bool AS indnullsnotdistinct) AS absent) AS i
  JOIN pg_class c ON c.oid = i.indexrelid
  JOIN pg_class t ON t.oid = i.indrelid
  JOIN pg_namespace n ON n.oid = t.relnamespace
  JOIN pg_am m ON m.oid = c.relam
  LEFT JOIN pg_tablespace s ON s.oid = c.reltablespace
  LEFT JOIN pg_constraint x ON x.conindid = i.indexrelid AND x.conrelid = i.indrelid AND x.contype = 'x'
 WHERE t.relkind IN ('r', 'p', 'm') AND t.relpersistence <> 't'
   AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
   AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u'))
 ORDER BY i.indexrelid;
