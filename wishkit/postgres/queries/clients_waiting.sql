-- Does anybody wait for this process, and for how long? And does it wait itself?
SELECT max(extract(epoch FROM pg_catalog.clock_timestamp() - l.waitstart))::float8 AS seconds,
       (SELECT a.wait_event_type = 'Lock' FROM pg_catalog.pg_stat_activity AS a
        WHERE a.pid = %(ours)s) AS queued
FROM pg_catalog.pg_locks AS l
WHERE NOT l.granted AND l.pid <> %(ours)s
  AND %(ours)s = ANY (pg_catalog.pg_blocking_pids(l.pid))
