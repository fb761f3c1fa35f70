-- One row: whether there is an object of a small kind that is not the system's. Most databases have none, and what reads them costs.
-- https://www.postgresql.org/docs/current/catalogs.html
SELECT EXISTS (SELECT FROM pg_conversion WHERE oid >= 16384) OR EXISTS (SELECT FROM pg_ts_parser WHERE oid >= 16384)
    OR EXISTS (SELECT FROM pg_ts_template WHERE oid >= 16384) OR EXISTS (SELECT FROM pg_ts_dict WHERE oid >= 16384)
    OR EXISTS (SELECT FROM pg_ts_config WHERE oid >= 16384) OR EXISTS (SELECT FROM pg_foreign_data_wrapper WHERE oid >= 16384)
    OR EXISTS (SELECT FROM pg_foreign_server WHERE oid >= 16384)
    OR EXISTS (SELECT FROM pg_am WHERE oid >= 16384) OR EXISTS (SELECT FROM pg_operator WHERE oid >= 16384)
    OR EXISTS (SELECT FROM pg_cast WHERE oid >= 16384) OR EXISTS (SELECT FROM pg_event_trigger WHERE oid >= 16384)
    OR EXISTS (SELECT FROM pg_opfamily WHERE oid >= 16384) OR EXISTS (SELECT FROM pg_opclass WHERE oid >= 16384)
    OR EXISTS (SELECT FROM pg_statistic_ext) OR EXISTS (SELECT FROM pg_user_mappings) AS any;
