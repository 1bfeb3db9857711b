-- Which runs have not said that they ended? One at a time may be at work, so those before the last
-- few that have not are nobody's any more.
SELECT r.id AS run, r.verb, r.role::text, r.os_user, r.host, r.environment, r.started_at,
       r.backend_pid AS pid, r.backend_start
FROM (SELECT * FROM wishkit.run ORDER BY id DESC LIMIT 20) AS r
WHERE r.ended_at IS NULL
ORDER BY r.id DESC
