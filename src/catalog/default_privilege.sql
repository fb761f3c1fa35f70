-- A row is a privilege that a new object of the reading role has, or lacks, by its default privileges: compared with what PostgreSQL
-- gives by itself. The rows of a schema speak of everything that is given there; one without a role says that nothing differs.
-- https://www.postgresql.org/docs/current/sql-alterdefaultprivileges.html
WITH mine AS (
  SELECT d.defaclobjtype AS type, d.defaclnamespace AS schema, d.defaclacl AS acl, d.defaclrole AS owner,
         acldefault(CASE d.defaclobjtype WHEN 'S' THEN 's' ELSE d.defaclobjtype END, d.defaclrole) AS usual
    FROM pg_default_acl d
   WHERE d.defaclrole = (SELECT r.oid FROM pg_roles r WHERE r.rolname = current_user)),
given AS (
  SELECT m.type, m.schema, m.owner, m.usual,
         CASE WHEN m.schema = 0 THEN m.acl ELSE coalesce(w.acl, m.usual) || m.acl END AS acl
    FROM mine m LEFT JOIN mine w ON w.type = m.type AND w.schema = 0),
held AS (
  SELECT g.type, g.schema, g.owner, e.grantee, e.privilege_type AS privilege, bool_or(e.is_grantable) AS grantable
    FROM given g CROSS JOIN LATERAL aclexplode(g.acl) AS e GROUP BY 1, 2, 3, 4, 5),
usual AS (
  SELECT g.type, g.schema, g.owner, e.grantee, e.privilege_type AS privilege
    FROM given g CROSS JOIN LATERAL aclexplode(g.usual) AS e),
other AS (
  SELECT type, schema, grantee, privilege,
         CASE WHEN u.owner IS NULL AND h.grantable THEN 'grantable' WHEN u.owner IS NULL THEN 'held' ELSE 'taken' END AS how
    FROM held h FULL JOIN usual u USING (type, schema, grantee, privilege)
   WHERE (h.owner IS NULL OR u.owner IS NULL) AND grantee <> coalesce(h.owner, u.owner))
SELECT g.type::text AS type, n.nspname::text AS schema,
       CASE WHEN o.grantee = 0 THEN 'PUBLIC' WHEN o.grantee IS NOT NULL THEN pg_get_userbyid(o.grantee)::text END AS role,
       o.privilege::text AS privilege, o.how
  FROM given g LEFT JOIN other o ON o.type = g.type AND o.schema = g.schema
  LEFT JOIN pg_namespace n ON n.oid = g.schema
 WHERE g.schema = 0 OR n.oid IS NOT NULL
 ORDER BY 1, 2, 3, 4;
