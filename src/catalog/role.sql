-- A row is a clause of a role of the server, or an entry of one that lists some; a role without any has a row without. The server's
-- own roles, and what makes a role the admin of those that it has made, are nobody's saying.
-- https://www.postgresql.org/docs/current/view-pg-roles.html, https://www.postgresql.org/docs/current/catalog-pg-auth-members.html
SELECT 'pg_authid'::regclass::int8 AS classid, r.oid::int8 AS objid, r.rolname::text AS name, v.clause, v.entry, v.value,
       shobj_description(r.oid, 'pg_authid') AS comment
  FROM pg_roles r
  LEFT JOIN LATERAL (
    SELECT f.clause, NULL::text AS entry, '{}'::text[] AS value
      FROM (VALUES ('superuser', r.rolsuper), ('createdb', r.rolcreatedb), ('createrole', r.rolcreaterole), ('login', r.rolcanlogin),
                   ('no_inherit', NOT r.rolinherit), ('replication', r.rolreplication), ('bypass_rls', r.rolbypassrls)) AS f (clause, isset)
     WHERE f.isset
    UNION ALL SELECT 'connection_limit', NULL, ARRAY[r.rolconnlimit::text] WHERE r.rolconnlimit <> -1
    UNION ALL SELECT 'valid_until', NULL, ARRAY[r.rolvaliduntil::text] WHERE r.rolvaliduntil < 'infinity'
    UNION ALL SELECT 'settings', lower(split_part(c.own, '=', 1)), ARRAY[substr(c.own, strpos(c.own, '=') + 1)]
      FROM pg_db_role_setting s CROSS JOIN LATERAL unnest(s.setconfig) AS c (own) WHERE s.setrole = r.oid AND s.setdatabase = 0
    UNION ALL SELECT 'member_of', g.rolname::text,
                     ARRAY[coalesce(nullif(concat_ws(', ', CASE WHEN m.admin THEN 'admin' END, CASE WHEN m.inherit THEN 'inherit' WHEN NOT m.inherit THEN 'no inherit' END,
                                                     CASE WHEN NOT m.set THEN 'no set' END), ''), 'member')]
      FROM (SELECT m.roleid, bool_or(m.admin_option) AS admin, bool_or((to_jsonb(m) ->> 'inherit_option')::boolean) AS inherit,
                   bool_or((to_jsonb(m) ->> 'set_option')::boolean) AS set
              FROM pg_auth_members m
             WHERE m.member = r.oid
               AND (m.grantor = 10 AND m.admin_option AND to_jsonb(m) ->> 'inherit_option' = 'false' AND to_jsonb(m) ->> 'set_option' = 'false') IS NOT TRUE
             GROUP BY m.roleid) AS m
      JOIN pg_roles g ON g.oid = m.roleid) AS v ON true
 WHERE r.oid >= 16384 AND r.rolname !~ '^pg_'
 ORDER BY r.rolname, v.clause, v.entry COLLATE "C";
