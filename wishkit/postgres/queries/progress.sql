-- How far is the index that a process is building, and for whom does the process wait?
-- Manual: "CREATE INDEX Progress Reporting". Whoever may not see the process sees no numbers; for
-- whom it waits everybody may ask. Prepared transactions have no process, and so pid 0.
SELECT p.phase, p.lockers_done, p.lockers_total, p.blocks_done, p.blocks_total,
       p.tuples_done, p.tuples_total,
       b.pid, '' AS transaction, NULL AS relation, NULL AS mode,
       a.usename::text AS role, a.application_name AS application, a.state,
       CASE WHEN b.pid = 0 THEN
           (SELECT 'prepared: ' || string_agg(x.gid, ', ' ORDER BY x.prepared)
            FROM pg_catalog.pg_prepared_xacts AS x
            WHERE x.database = pg_catalog.current_database())
       ELSE a.query END AS query,
       coalesce(a.backend_type = 'autovacuum worker', false) AS autovacuum,
       coalesce(extract(epoch FROM pg_catalog.clock_timestamp()
                                   - coalesce(a.xact_start, a.query_start)), 0)::float8 AS age,
       current_user::text AS watcher
FROM (SELECT (pg_catalog.pg_blocking_pids(%(pid)s))[1] AS pid) AS b
LEFT JOIN pg_catalog.pg_stat_progress_create_index AS p ON p.pid = %(pid)s
LEFT JOIN pg_catalog.pg_stat_activity AS a ON a.pid = b.pid
WHERE b.pid IS NOT NULL OR p.phase IS NOT NULL
