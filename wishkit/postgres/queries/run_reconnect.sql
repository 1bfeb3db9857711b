-- The run goes on, on another connection.
UPDATE wishkit.run
SET backend_pid = pg_catalog.pg_backend_pid(),
    backend_start = (SELECT backend_start FROM pg_catalog.pg_stat_activity
                     WHERE pid = pg_catalog.pg_backend_pid())
WHERE id = %(run)s
