-- Default privileges of a role, in a schema or (in none) everywhere, for a type of object.
SELECT 'default privileges' AS kind, d.tableoid AS class, d.oid, 0 AS sub, NULL::oid AS within,
       ARRAY[pg_get_userbyid(d.defaclrole)::text, coalesce(n.nspname::text, ''),
             CASE d.defaclobjtype WHEN 'r' THEN 'tables' WHEN 'S' THEN 'sequences' WHEN 'f' THEN 'functions'
                                  WHEN 'T' THEN 'types' WHEN 'n' THEN 'schemas' WHEN 'L' THEN 'large objects' END]
           AS name
FROM pg_default_acl AS d
LEFT JOIN pg_namespace AS n ON n.oid = d.defaclnamespace
WHERE n.nspname IS DISTINCT FROM 'wishkit'
