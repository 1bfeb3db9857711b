-- User mappings, by the view that everybody may read. Only who may see the options is told their
-- names; their values, but for the name there, may be secrets.
SELECT 'user mapping' AS kind, 'pg_user_mapping'::regclass::oid AS class, u.umid AS oid, 0 AS sub, NULL::oid AS within,
       ARRAY[u.srvname::text, CASE u.umuser WHEN 0 THEN '<public>' ELSE u.usename::text END] AS name,
       ARRAY(SELECT CASE WHEN o LIKE 'user=%' THEN o ELSE split_part(o, '=', 1) END FROM unnest(u.umoptions) AS o ORDER BY 1) AS options,
       CASE WHEN NOT (SELECT r.rolsuper FROM pg_roles AS r WHERE r.rolname = current_user)
                 AND NOT (pg_has_role(s.srvowner, 'USAGE') AND u.umuser = 0
                          OR u.usename = current_user
                             AND (pg_has_role(s.srvowner, 'USAGE') OR has_server_privilege(s.oid, 'USAGE')))
            THEN ARRAY['options'] END AS hidden
FROM pg_user_mappings AS u
JOIN pg_foreign_server AS s ON s.oid = u.srvid
