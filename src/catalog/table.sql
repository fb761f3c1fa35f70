-- A row is a table, with the size its statistics give: one that others inherit from, or that has partitions, has that of all.
-- Parts that nobody has analysed yet count nothing there, as long as others do.
-- https://www.postgresql.org/docs/current/catalog-pg-class.html
-- https://www.postgresql.org/docs/current/catalog-pg-partitioned-table.html
-- The condition of a bound is left out where it names a table by its number, which another server does not know.
-- The rows of a foreign table are elsewhere: here it has none. One that is a partition, inherits or is inherited from is left out.
-- What few tables have is asked by a query in a CASE, which costs less to plan than one more join.
-- What each lateral query is for stands inside it: as a condition of the join it would be asked of every table.
-- What inherits from something that is no table of ours is left out, and all that inherits from that.
WITH RECURSIVE stray AS (SELECT i.inhrelid AS oid
                           FROM pg_inherits i JOIN pg_class p ON p.oid = i.inhparent JOIN pg_class c ON c.oid = i.inhrelid AND NOT c.relispartition
                          WHERE p.relkind NOT IN ('r', 'p') OR p.relpersistence = 't'
                             OR EXISTS (SELECT FROM pg_depend e
                                         WHERE e.classid = 'pg_class'::regclass AND e.objid = p.oid AND e.deptype = 'e')
                         UNION SELECT i.inhrelid FROM stray JOIN pg_inherits i ON i.inhparent = stray.oid)
SELECT 'pg_class'::regclass::oid::int8 AS classid, c.oid::int8 AS objid,
       n.nspname::text AS schema, c.relname::text AS name,
       CASE WHEN c.relkind = 'p' THEN 'p' ELSE c.relpersistence END::text AS persistence,
       CASE WHEN c.relkind = 'f' THEN 0 WHEN c.relkind = 'p' THEN l.rows WHEN c.relhassubclass THEN t.rows ELSE c.reltuples::int8 END AS estimated_rows,
       CASE WHEN c.relkind = 'f' THEN 0 WHEN c.relkind = 'p' THEN l.bytes WHEN c.relhassubclass THEN t.bytes WHEN pg_relation_size(c.oid) = 0 THEN 0 ELSE pg_table_size(c.oid) END::int8 AS bytes,
       CASE WHEN c.relkind = 'p' THEN pg_get_partkeydef(c.oid) END AS partition_by,
       pn.nspname::text AS parent_schema, p.relname::text AS parent_name,
       pg_get_expr(c.relpartbound, c.oid) AS bound,
       h.schemas AS inherits_schemas, h.names AS inherits_names, CASE WHEN c.relkind = 'f' THEN (SELECT s.srvname::text FROM pg_foreign_table f JOIN pg_foreign_server s ON s.oid = f.ftserver WHERE f.ftrelid = c.oid) END AS server,
       CASE WHEN c.relkind = 'f' THEN (SELECT f.ftoptions FROM pg_foreign_table f WHERE f.ftrelid = c.oid) END AS options,
       CASE WHEN c.reltablespace <> 0 THEN (SELECT s.spcname::text FROM pg_tablespace s WHERE s.oid = c.reltablespace) END AS tablespace,
       CASE WHEN c.relam <> 0 THEN (SELECT m.amname::text FROM pg_am m WHERE m.oid = c.relam AND m.amname <> 'heap') END AS access_method,
       CASE WHEN c.relispartition
             AND NOT EXISTS (SELECT FROM pg_partition_ancestors(c.oid) AS above (relid)
                               JOIN pg_partitioned_table k ON k.partrelid = above.relid AND k.partstrat = 'h'
                              WHERE above.relid <> c.oid)
            THEN pg_get_partition_constraintdef(c.oid) END AS condition,
       'pg_type'::regclass::oid::int8 AS type_classid, c.reltype::int8 AS row_type, y.typarray::int8 AS row_array
  FROM pg_class c
  JOIN pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_type y ON y.oid = c.reltype
  LEFT JOIN pg_inherits i ON i.inhrelid = c.oid AND c.relispartition
  LEFT JOIN pg_class p ON p.oid = i.inhparent
  LEFT JOIN pg_namespace pn ON pn.oid = p.relnamespace
  LEFT JOIN LATERAL (SELECT CASE WHEN bool_or(leaf.reltuples < 0) AND bool_and(leaf.reltuples <= 0) THEN -1 ELSE coalesce(sum(greatest(leaf.reltuples, 0)), 0) END::int8 AS rows,
                            coalesce(sum(pg_table_size(leaf.oid)) FILTER (WHERE pg_relation_size(leaf.oid) > 0), 0) AS bytes
                       FROM pg_partition_tree(c.oid) AS tree JOIN pg_class leaf ON leaf.oid = tree.relid
                      WHERE c.relkind = 'p' AND tree.isleaf) AS l ON true
  LEFT JOIN LATERAL (WITH RECURSIVE tree AS (SELECT c.oid AS relid
                                              UNION SELECT x.inhrelid FROM tree JOIN pg_inherits x ON x.inhparent = tree.relid)
                     SELECT CASE WHEN bool_or(one.reltuples < 0) AND bool_and(one.reltuples <= 0) THEN -1 ELSE sum(greatest(one.reltuples, 0)) END::int8 AS rows,
                            coalesce(sum(pg_table_size(one.oid)) FILTER (WHERE pg_relation_size(one.oid) > 0), 0) AS bytes
                       FROM tree JOIN pg_class one ON one.oid = tree.relid
                      WHERE c.relkind = 'r' AND c.relhassubclass) AS t ON true
  LEFT JOIN LATERAL (SELECT array_agg(an.nspname::text ORDER BY x.inhseqno) AS schemas, array_agg(a.relname::text ORDER BY x.inhseqno) AS names
                       FROM pg_inherits x JOIN pg_class a ON a.oid = x.inhparent JOIN pg_namespace an ON an.oid = a.relnamespace
                      WHERE c.relkind = 'r' AND NOT c.relispartition AND x.inhrelid = c.oid) AS h ON true
 WHERE (c.relkind IN ('r', 'p') OR c.relkind = 'f' AND NOT EXISTS (SELECT FROM pg_inherits x JOIN pg_class h ON h.oid = x.inhrelid AND h.relpersistence <> 't'
                                                                  WHERE c.oid IN (x.inhrelid, x.inhparent)))
   AND c.relpersistence <> 't' AND NOT EXISTS (SELECT FROM stray WHERE stray.oid = c.oid)
   AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
   AND NOT EXISTS (SELECT FROM pg_depend e
                    WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e')
 ORDER BY n.nspname, c.relname;
