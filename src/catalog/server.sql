-- One row: what the server and the database say of themselves.
-- https://www.postgresql.org/docs/current/functions-info.html
SELECT current_setting('server_version_num')::int4 AS version,
       current_database()::text AS database,
       (SELECT system_identifier FROM pg_control_system())::text || '/' || d.oid::text AS identity,
       current_user::text AS role
  FROM pg_database d
 WHERE d.datname = current_database();
