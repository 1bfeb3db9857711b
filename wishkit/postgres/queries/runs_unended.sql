-- Runs that never said how they ended, and whether their server process still lives.
SELECT r.id, r.verb, r.backend_pid, r.host, r.os_user,
       s.pid IS NOT NULL AS alive, s.query, s.wait_event_type
FROM wishkit.run AS r
LEFT JOIN pg_catalog.pg_stat_activity AS s
       ON s.pid = r.backend_pid AND s.backend_start = r.backend_start
          AND s.pid <> pg_catalog.pg_backend_pid()
WHERE r.ended_at IS NULL
ORDER BY r.id
