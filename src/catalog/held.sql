-- A row says whether the reading role holds a privilege that was asked about; what is not there is no question.
-- https://www.postgresql.org/docs/current/functions-info.html (access privilege inquiry)
SELECT coalesce(CASE a.kind
         WHEN 'member' THEN pg_has_role(a.name::name, 'USAGE')
         WHEN 'role' THEN EXISTS (SELECT FROM pg_roles r WHERE r.rolname = a.name)
         WHEN 'createrole' THEN (SELECT r.rolsuper OR r.rolcreaterole FROM pg_roles r WHERE r.rolname = current_user)
         WHEN 'create_in' THEN has_schema_privilege(a.schema, 'CREATE')
         WHEN 'use' THEN has_schema_privilege(a.schema, 'USAGE')
         WHEN 'create_in_database' THEN has_database_privilege(current_database(), 'CREATE')
         -- Without USAGE, a name in a schema cannot even be looked up.
         WHEN 'references' THEN NOT has_schema_privilege(a.schema, 'USAGE')
                                OR has_table_privilege(to_regclass(a.name), 'REFERENCES')
         WHEN 'select' THEN NOT has_schema_privilege(a.schema, 'USAGE')
                            OR has_any_column_privilege(to_regclass(a.name), 'SELECT')
         WHEN 'tablespace' THEN EXISTS (SELECT FROM pg_tablespace t JOIN pg_database d ON d.datname = current_database()
                                         WHERE t.spcname = a.name AND (t.oid = d.dattablespace OR has_tablespace_privilege(t.oid, 'CREATE')))
         WHEN 'server' THEN has_server_privilege(a.name, 'USAGE')
         WHEN 'execute' THEN NOT has_schema_privilege(a.schema, 'USAGE')
                             OR has_function_privilege(to_regprocedure(a.name), 'EXECUTE')
         WHEN 'superuser' THEN (SELECT r.rolsuper FROM pg_roles r WHERE r.rolname = current_user)
         WHEN 'extension' THEN (SELECT r.rolsuper OR bool_or(v.trusted) AND has_database_privilege(current_database(), 'CREATE')
                                  FROM pg_roles r LEFT JOIN pg_available_extension_versions v ON v.name = a.name
                                 WHERE r.rolname = current_user GROUP BY r.rolsuper)
       END, true) AS held
  FROM unnest($1::text[], $2::text[], $3::text[]) WITH ORDINALITY AS a (kind, schema, name, at)
 ORDER BY a.at;
