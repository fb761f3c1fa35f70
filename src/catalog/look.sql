-- One row: a sum that changes when DDL of others commits. The printing functions look at the newest catalog, whatever
-- the snapshot, so a read counts only when this is the same before and after it.
-- https://www.postgresql.org/docs/current/transaction-iso.html
SELECT ((SELECT count(*) + coalesce(sum(xmin::text::int8), 0) FROM pg_namespace)
     + (SELECT count(*) + coalesce(sum(xmin::text::int8), 0) FROM pg_class WHERE relpersistence <> 't')
     + (SELECT count(*) + coalesce(sum(a.xmin::text::int8), 0)
          FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid WHERE c.relpersistence <> 't')
     + (SELECT count(*) + coalesce(sum(xmin::text::int8), 0) FROM pg_attrdef)
     + (SELECT count(*) + coalesce(sum(xmin::text::int8), 0) FROM pg_constraint)
     + (SELECT count(*) + coalesce(sum(xmin::text::int8), 0) FROM pg_index)
     + (SELECT count(*) + coalesce(sum(xmin::text::int8), 0) FROM pg_rewrite)
     + (SELECT count(*) + coalesce(sum(xmin::text::int8), 0) FROM pg_proc)
     + (SELECT count(*) + coalesce(sum(xmin::text::int8), 0) FROM pg_type)
     + (SELECT count(*) + coalesce(sum(xmin::text::int8), 0) FROM pg_ts_config_map)
     + (SELECT count(*) + coalesce(sum(xmin::text::int8), 0) FROM pg_foreign_server)
     + (SELECT count(*) + coalesce(sum(xmin::text::int8), 0) FROM pg_event_trigger)
     + (SELECT count(*) + coalesce(sum(xmin::text::int8), 0) FROM pg_opclass)
     + (SELECT count(*) + coalesce(sum(xmin::text::int8), 0) FROM pg_trigger))::text AS seen;
