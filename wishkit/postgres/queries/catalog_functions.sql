-- Functions, window functions and procedures, as the server would make them again.
SELECT CASE p.prokind WHEN 'p' THEN 'procedure' ELSE 'function' END AS kind,
       p.tableoid AS class, p.oid, 0 AS sub, p.pronamespace AS within,
       ARRAY[p.proname::text, pg_get_function_identity_arguments(p.oid)] AS name,
       pg_get_userbyid(p.proowner) AS owner,
       pg_get_functiondef(p.oid) AS definition
FROM pg_proc AS p
WHERE p.oid >= 16384 AND p.prokind <> 'a' AND (p.tableoid, p.oid) NOT IN ({members})
  AND p.oid NOT IN (SELECT objid FROM pg_depend WHERE classid = 'pg_proc'::regclass AND deptype = 'i'
                    AND refclassid = 'pg_type'::regclass)
