-- Runs that never said how they ended.
SELECT id, verb, os_user, host, role::text, backend_pid,
       pg_catalog.to_json(backend_start) #>> '{}' AS start
FROM wishkit.run
WHERE ended_at IS NULL
ORDER BY id
