-- Privileges that differ from what the object was born with: [who, what, may pass it on]; the last
-- is empty for a privilege that was taken away. Objects of the server's own and of extensions
-- have a name here, because they are told nowhere else.
WITH known (class, oid, sub, type, owner, acl) AS (
    SELECT tableoid, oid, 0, CASE relkind WHEN 'S' THEN 's' ELSE 'r' END::"char", relowner, relacl
    FROM pg_class WHERE relacl IS NOT NULL
    UNION ALL
    -- Few columns have any, so looking their tables up is quicker than joining all.
    SELECT 'pg_class'::regclass, a.attrelid, a.attnum, 'c',
           (SELECT c.relowner FROM pg_class AS c WHERE c.oid = a.attrelid), a.attacl
    FROM pg_attribute AS a WHERE a.attacl IS NOT NULL AND NOT a.attisdropped
    UNION ALL SELECT tableoid, oid, 0, 'f', proowner, proacl FROM pg_proc WHERE proacl IS NOT NULL
    UNION ALL SELECT tableoid, oid, 0, 'n', nspowner, nspacl FROM pg_namespace WHERE nspacl IS NOT NULL
    UNION ALL SELECT tableoid, oid, 0, 'T', typowner, typacl FROM pg_type WHERE typacl IS NOT NULL
    UNION ALL SELECT tableoid, oid, 0, 'l', lanowner, lanacl FROM pg_language WHERE lanacl IS NOT NULL
    UNION ALL SELECT tableoid, oid, 0, 'F', fdwowner, fdwacl FROM pg_foreign_data_wrapper WHERE fdwacl IS NOT NULL
    UNION ALL SELECT tableoid, oid, 0, 'S', srvowner, srvacl FROM pg_foreign_server WHERE srvacl IS NOT NULL
    UNION ALL
    SELECT tableoid, oid, 0, 'd', datdba, datacl FROM pg_database
    WHERE datacl IS NOT NULL AND datname = current_database()
    UNION ALL
    -- In a schema default privileges come on top of the others, so they start from none.
    SELECT tableoid, oid, 0,
           CASE WHEN defaclnamespace <> 0 THEN 'c' WHEN defaclobjtype = 'S' THEN 's' ELSE defaclobjtype END::"char",
           defaclrole, defaclacl
    FROM pg_default_acl
), told AS (
    SELECT k.class, k.oid, k.sub, k.owner, k.acl, coalesce(i.initprivs, acldefault(k.type, k.owner)) AS born,
           -- Schema public is born with privileges of an owner that may not have it any longer.
           CASE WHEN k.class = 'pg_namespace'::regclass AND k.oid = 2200
                THEN (SELECT e.grantor FROM aclexplode(i.initprivs) AS e LIMIT 1) ELSE k.owner END AS creator,
           k.oid < 16384 AND k.class <> 'pg_database'::regclass AND k.oid <> 2200
           OR (k.class, k.oid) IN ({members}) AS foreign
    FROM known AS k
    LEFT JOIN pg_init_privs AS i ON i.classoid = k.class AND i.objoid = k.oid AND i.objsubid = k.sub
    WHERE k.acl IS DISTINCT FROM coalesce(i.initprivs, acldefault(k.type, k.owner))
)
SELECT t.class, t.oid, t.sub, CASE WHEN name.type = 'type' THEN 'base type'
            ELSE regexp_replace(replace(name.type, '-', ' '), '^.* column$', 'column') END AS kind,
       CASE t.class WHEN 'pg_proc'::regclass THEN name.object_names || pg_get_function_identity_arguments(t.oid)
                    WHEN 'pg_type'::regclass THEN (SELECT ARRAY[n.nspname::text, y.typname::text] FROM pg_type AS y
                        JOIN pg_namespace AS n ON n.oid = y.typnamespace WHERE y.oid = t.oid)
                    ELSE name.object_names END AS name, g.grants
FROM told AS t
CROSS JOIN LATERAL (
    SELECT array_agg(ARRAY[CASE s.grantee WHEN 0 THEN '<public>' WHEN t.owner THEN '<owner>'
                                          ELSE pg_get_userbyid(s.grantee) END, s.privilege, s.grantable]
                     ORDER BY s.grantee = 0 DESC, s.grantee = t.owner DESC, pg_get_userbyid(s.grantee), s.privilege) AS grants
    FROM (SELECT coalesce(a.grantee, b.grantee) AS grantee, coalesce(a.privilege, b.privilege) AS privilege,
                 coalesce(a.grantable::text, '') AS grantable
          FROM (SELECT e.grantee, e.privilege_type AS privilege, bool_or(e.is_grantable) AS grantable
                FROM aclexplode(t.acl) AS e GROUP BY 1, 2) AS a
          FULL JOIN (SELECT CASE WHEN e.grantee = t.creator THEN t.owner ELSE e.grantee END AS grantee,
                            e.privilege_type AS privilege, bool_or(e.is_grantable) AS grantable
                     FROM aclexplode(t.born) AS e GROUP BY 1, 2) AS b USING (grantee, privilege)
          WHERE a.grantable IS DISTINCT FROM b.grantable) AS s
) AS g
LEFT JOIN LATERAL pg_identify_object_as_address(t.class, t.oid, t.sub) AS name ON t.foreign
-- What initdb grants in the information schema is in no list.
WHERE g.grants IS NOT NULL AND name.object_names[1] IS DISTINCT FROM 'information_schema'
