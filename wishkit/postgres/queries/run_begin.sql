-- A run begins, on this connection.
INSERT INTO wishkit.run (verb, os_user, host, environment, tool_version, git_commit, reason,
                         backend_pid, backend_start)
SELECT %(verb)s, %(user)s, %(host)s, %(environment)s, %(version)s, %(commit)s, %(reason)s,
       pg_catalog.pg_backend_pid(),
       (SELECT backend_start FROM pg_catalog.pg_stat_activity
        WHERE pid = pg_catalog.pg_backend_pid())
RETURNING id
