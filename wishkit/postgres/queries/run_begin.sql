-- A run begins, on this connection.
INSERT INTO wishkit.run (verb, os_user, host, environment, tool_version, git_commit, reason,
                         backend_pid, backend_start)
VALUES (%(verb)s, %(user)s, %(host)s, %(environment)s, %(version)s, %(commit)s, %(reason)s,
        %(pid)s, %(start)s)
RETURNING id
