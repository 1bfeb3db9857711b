-- Whether a server process waits for ours.
SELECT pg_catalog.pg_backend_pid() = ANY (pg_catalog.pg_blocking_pids(%(pid)s))
