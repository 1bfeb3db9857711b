-- Server processes of runs that have not said that they ended; a part of live_sessions.sql.
SELECT r.backend_pid FROM (SELECT * FROM wishkit.run ORDER BY id DESC LIMIT 20) AS r
WHERE r.ended_at IS NULL
