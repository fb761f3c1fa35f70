-- A row is a privilege on what a role makes from now on, where it differs from what PostgreSQL gives by itself; in a schema nothing is
-- given by itself. The reading role is said without its name, as in `privilege.sql`.
-- https://www.postgresql.org/docs/current/catalog-pg-default-acl.html
WITH list AS (
  SELECT d.oid, d.defaclobjtype AS type, n.nspname, d.defaclrole AS owner, d.defaclacl AS acl,
         CASE WHEN d.defaclnamespace <> 0 THEN NULL::aclitem[]
              ELSE acldefault(CASE d.defaclobjtype WHEN 'S' THEN 's' ELSE d.defaclobjtype END, d.defaclrole) END AS usual
    FROM pg_default_acl d LEFT JOIN pg_namespace n ON n.oid = d.defaclnamespace
   WHERE d.defaclobjtype IN ('r', 'S', 'f', 'T', 'n')
     AND (d.defaclnamespace = 0 OR n.nspname !~ '^pg_' AND n.nspname <> 'information_schema')),
held AS (
  SELECT l.oid, e.grantee, e.privilege_type AS privilege, bool_or(e.is_grantable) AS grantable
    FROM list l CROSS JOIN LATERAL aclexplode(l.acl) AS e GROUP BY 1, 2, 3),
usual AS (
  SELECT l.oid, e.grantee, e.privilege_type AS privilege FROM list l CROSS JOIN LATERAL aclexplode(l.usual) AS e),
other AS (
  SELECT coalesce(h.oid, u.oid) AS oid, coalesce(h.grantee, u.grantee) AS grantee, coalesce(h.privilege, u.privilege) AS privilege,
         CASE WHEN h.oid IS NULL THEN 'taken' WHEN h.grantable THEN 'grantable' ELSE 'held' END AS how
    FROM held h FULL JOIN usual u ON u.oid = h.oid AND u.grantee = h.grantee AND u.privilege = h.privilege
   WHERE h.oid IS NULL OR u.oid IS NULL OR h.grantable)
SELECT l.type::text AS type, l.nspname::text AS schema,
       CASE WHEN r.is_mine THEN 'CURRENT_USER' ELSE pg_get_userbyid(l.owner)::text END AS role,
       CASE WHEN o.grantee = 0 THEN 'PUBLIC' WHEN o.grantee = l.owner AND r.is_mine THEN 'CURRENT_USER'
            ELSE pg_get_userbyid(o.grantee)::text END AS grantee,
       o.privilege::text AS privilege, o.how
  FROM list l JOIN other o ON o.oid = l.oid
 CROSS JOIN LATERAL (SELECT pg_get_userbyid(l.owner) = current_user AS is_mine) AS r
 ORDER BY 1, 2, 3, 4, 5;
