-- A row describes one thing in the server's own words; for dependents that are not modelled.
-- https://www.postgresql.org/docs/current/functions-info.html
SELECT x.classid, x.objid, coalesce(pg_describe_object(x.classid::oid, x.objid::oid, 0), 'an object') AS description
  FROM unnest($1::int8[], $2::int8[]) AS x (classid, objid);
