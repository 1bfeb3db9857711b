-- What keeps approvals from being forged or changed: triggers, policies, functions, as they are.
SELECT 'trigger' AS kind, c.relname || '.' || t.tgname AS name,
       t.tgenabled::text || ' ' || p.proname AS told
FROM pg_catalog.pg_trigger AS t
JOIN pg_catalog.pg_class AS c ON c.oid = t.tgrelid
JOIN pg_catalog.pg_proc AS p ON p.oid = t.tgfoid
WHERE c.relnamespace = 'wishkit'::pg_catalog.regnamespace AND NOT t.tgisinternal
UNION ALL
SELECT 'rule', c.relname || '.' || r.rulename, r.ev_enabled::text
FROM pg_catalog.pg_rewrite AS r
JOIN pg_catalog.pg_class AS c ON c.oid = r.ev_class
WHERE c.relnamespace = 'wishkit'::pg_catalog.regnamespace AND r.rulename <> '_RETURN'
UNION ALL
SELECT 'policy', c.relname || '.' || o.polname,
       o.polcmd::text || ' ' || coalesce(pg_catalog.pg_get_expr(o.polqual, o.polrelid), '')
       || coalesce(pg_catalog.pg_get_expr(o.polwithcheck, o.polrelid), '')
FROM pg_catalog.pg_policy AS o
JOIN pg_catalog.pg_class AS c ON c.oid = o.polrelid
WHERE c.relnamespace = 'wishkit'::pg_catalog.regnamespace
UNION ALL
SELECT 'security', c.relname, CASE WHEN c.relrowsecurity AND c.relforcerowsecurity
                              THEN 'forced' ELSE 'off' END
FROM pg_catalog.pg_class AS c
WHERE c.relnamespace = 'wishkit'::pg_catalog.regnamespace AND c.relname IN ('request', 'approval')
UNION ALL
SELECT 'function', p.proname, p.prosrc
FROM pg_catalog.pg_proc AS p
WHERE p.pronamespace = 'wishkit'::pg_catalog.regnamespace
