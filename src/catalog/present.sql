-- One row: of which families there is anything that is not the system's. Most databases lack most of them, and planning a query
-- costs more than an answer without rows.
-- https://www.postgresql.org/docs/current/catalogs.html
SELECT EXISTS (SELECT FROM pg_extension WHERE oid >= 16384) AS extensions,
       EXISTS (SELECT FROM pg_collation WHERE oid >= 16384) AS collations,
       EXISTS (SELECT FROM pg_type WHERE oid >= 16384 AND typtype = 'e') AS enums,
       EXISTS (SELECT FROM pg_type WHERE oid >= 16384 AND typtype = 'd') AS domains,
       EXISTS (SELECT FROM pg_class WHERE oid >= 16384 AND relkind = 'c') AS composites,
       EXISTS (SELECT FROM pg_range WHERE rngtypid >= 16384) AS ranges,
       EXISTS (SELECT FROM pg_conversion WHERE oid >= 16384) OR EXISTS (SELECT FROM pg_ts_parser WHERE oid >= 16384)
       OR EXISTS (SELECT FROM pg_ts_template WHERE oid >= 16384) OR EXISTS (SELECT FROM pg_ts_dict WHERE oid >= 16384)
       OR EXISTS (SELECT FROM pg_ts_config WHERE oid >= 16384) OR EXISTS (SELECT FROM pg_foreign_data_wrapper WHERE oid >= 16384)
       OR EXISTS (SELECT FROM pg_foreign_server WHERE oid >= 16384)
       OR EXISTS (SELECT FROM pg_am WHERE oid >= 16384) OR EXISTS (SELECT FROM pg_operator WHERE oid >= 16384)
       OR EXISTS (SELECT FROM pg_cast WHERE oid >= 16384) OR EXISTS (SELECT FROM pg_event_trigger WHERE oid >= 16384)
       OR EXISTS (SELECT FROM pg_opfamily WHERE oid >= 16384) OR EXISTS (SELECT FROM pg_opclass WHERE oid >= 16384)
       OR EXISTS (SELECT FROM pg_publication) OR EXISTS (SELECT FROM pg_statistic_ext) OR EXISTS (SELECT FROM pg_user_mappings) AS definitions,
       EXISTS (SELECT FROM pg_sequence) AS sequences,
       EXISTS (SELECT FROM pg_proc WHERE oid >= 16384) AS routines,
       EXISTS (SELECT FROM pg_aggregate WHERE aggfnoid >= 16384) AS aggregates,
       EXISTS (SELECT FROM pg_class WHERE oid >= 16384 AND relkind IN ('r', 'p', 'f')) AS tables,
       EXISTS (SELECT FROM pg_constraint WHERE oid >= 16384) AS constraints,
       EXISTS (SELECT FROM pg_class WHERE oid >= 16384 AND relkind = 'm') AS materialized_views,
       -- The index of a primary key is the key's own, and so is that of a TOAST table.
       EXISTS (SELECT FROM pg_index WHERE indexrelid >= 16384 AND NOT indisprimary) AS indexes,
       EXISTS (SELECT FROM pg_class
                WHERE oid >= 16384 AND (reloptions IS NOT NULL OR relkind IN ('r', 'p') AND relreplident <> 'd' OR relrowsecurity OR relforcerowsecurity))
       OR EXISTS (SELECT FROM pg_index WHERE indisclustered) AS physical,
       EXISTS (SELECT FROM pg_class WHERE oid >= 16384 AND relkind = 'v') AS views,
       EXISTS (SELECT FROM pg_trigger WHERE NOT tgisinternal) AS triggers,
       EXISTS (SELECT FROM pg_policy) AS policies,
       EXISTS (SELECT FROM pg_default_acl) AS default_privileges,
       EXISTS (SELECT FROM pg_publication_rel) AS published_tables,
       -- A catalog of 15 and later; what lies in it needs its publication.
       EXISTS (SELECT FROM pg_depend WHERE classid = to_regclass('pg_catalog.pg_publication_namespace')) AS published_schemas,
       EXISTS (SELECT FROM pg_rewrite WHERE oid >= 16384 AND rulename <> '_RETURN') AS rules;
