-- A row says which part of a partition, or of a table that inherits, comes from which part of the table above it; of an index, the
-- columns that it is made of as well, by which the server names it; an expression is NULL.
-- https://www.postgresql.org/docs/current/catalog-pg-inherits.html
WITH branch AS (SELECT i.inhrelid, i.inhparent FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid AND c.relkind IN ('r', 'p')),
     pair AS (SELECT a.attrelid, a.attnum, p.attrelid AS parent, p.attnum AS parent_attnum
                FROM branch b
                JOIN pg_attribute a ON a.attrelid = b.inhrelid AND a.attnum > 0 AND NOT a.attisdropped AND a.attinhcount > 0
                JOIN pg_attribute p ON p.attrelid = b.inhparent AND p.attname = a.attname AND NOT p.attisdropped)
SELECT 'pg_class'::regclass::oid::int8 AS classid, a.attrelid::int8 AS objid, a.attnum::int4 AS objsubid,
       'pg_class'::regclass::oid::int8 AS from_classid, a.parent::int8 AS from_objid, a.parent_attnum::int4 AS from_objsubid,
       NULL::text[] AS made_of
  FROM pair a
UNION ALL
SELECT 'pg_attrdef'::regclass::oid::int8, d.oid::int8, 0, 'pg_attrdef'::regclass::oid::int8, p.oid::int8, 0, NULL
  FROM pair a JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
  JOIN pg_attrdef p ON p.adrelid = a.parent AND p.adnum = a.parent_attnum
UNION ALL
SELECT 'pg_constraint'::regclass::oid::int8, k.oid::int8, 0, 'pg_constraint'::regclass::oid::int8, k.conparentid::int8, 0, NULL
  FROM pg_constraint k WHERE k.conparentid <> 0
UNION ALL
SELECT 'pg_constraint'::regclass::oid::int8, k.oid::int8, 0, 'pg_constraint'::regclass::oid::int8, p.oid::int8, 0, NULL
  FROM branch b
  JOIN pg_constraint k ON k.conrelid = b.inhrelid AND k.conparentid = 0 AND k.coninhcount > 0
  JOIN pg_constraint p ON p.conrelid = b.inhparent AND p.contype = k.contype
                      AND (k.contype = 'c' AND p.conname = k.conname
                           OR k.contype = 'n' AND EXISTS (SELECT FROM pair a WHERE a.attrelid = b.inhrelid AND a.attnum = k.conkey[1]
                                                             AND a.parent_attnum = p.conkey[1]))
UNION ALL
SELECT 'pg_class'::regclass::oid::int8, i.inhrelid::int8, 0, 'pg_class'::regclass::oid::int8, i.inhparent::int8, 0,
       (SELECT array_agg(a.attname::text ORDER BY p.at)
          FROM pg_index k CROSS JOIN unnest(k.indkey::int2[]) WITH ORDINALITY AS p (attnum, at)
          LEFT JOIN pg_attribute a ON a.attrelid = k.indrelid AND a.attnum = p.attnum AND p.attnum > 0
         WHERE k.indexrelid = i.inhrelid)
  FROM pg_inherits i JOIN pg_class x ON x.oid = i.inhrelid AND x.relkind IN ('i', 'I')
UNION ALL
SELECT 'pg_trigger'::regclass::oid::int8, t.oid::int8, 0, 'pg_trigger'::regclass::oid::int8, t.tgparentid::int8, 0, NULL
  FROM pg_trigger t WHERE t.tgparentid <> 0
UNION ALL
-- A constraint trigger has a row among the constraints too.
SELECT 'pg_constraint'::regclass::oid::int8, k.oid::int8, 0, 'pg_constraint'::regclass::oid::int8, p.tgconstraint::int8, 0, NULL
  FROM pg_trigger t JOIN pg_trigger p ON p.oid = t.tgparentid JOIN pg_constraint k ON k.oid = t.tgconstraint AND k.contype = 't'
 ORDER BY 1, 2, 3;
