-- A row is an extension whose comment is that of its control file: nobody said it here.
-- https://www.postgresql.org/docs/current/view-pg-available-extensions.html
SELECT x.extname::text AS name
  FROM pg_extension x
  JOIN pg_description d ON d.classoid = 'pg_extension'::regclass AND d.objoid = x.oid AND d.objsubid = 0
  JOIN pg_available_extensions a ON a.name = x.extname
 WHERE x.oid >= 16384 AND a.comment = d.description
 ORDER BY x.extname;
