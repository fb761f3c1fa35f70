-- A row is a comment on something in this database that is not the system's.
-- https://www.postgresql.org/docs/current/catalog-pg-description.html
-- The comment that initdb gives the schema public is the same everywhere and is left out, as pg_dump does.
SELECT d.classoid::regclass::text AS catalog, d.classoid::int8 AS classid, d.objoid::int8 AS objid, d.objsubid::int4 AS objsubid, d.description AS text
  FROM pg_description d
 WHERE (d.objoid >= 16384 OR d.classoid = 'pg_namespace'::regclass)
   AND NOT (d.classoid = 'pg_namespace'::regclass AND d.description = 'standard public schema')
 ORDER BY d.classoid, d.objoid, d.objsubid;
