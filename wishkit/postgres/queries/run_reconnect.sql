-- The run goes on, on another connection.
UPDATE wishkit.run SET backend_pid = %(pid)s, backend_start = %(start)s WHERE id = %(run)s
