-- How did the last run end, and what stopped it? Attempts are found from the newest backward: a look
-- costs the same however long the history is.
SELECT r.id AS run, r.verb, r.role::text, r.os_user, r.host, r.environment,
       r.started_at, r.ended_at, r.outcome,
       (SELECT count(*) FROM (SELECT run_id, outcome FROM wishkit.execution
                              ORDER BY id DESC LIMIT 1000) AS e
        WHERE e.run_id = r.id AND e.outcome = 'done') AS done,
       e.migration_id AS migration, e.direction, e.error ->> 'code' AS code,
       e.error ->> 'message' AS message
FROM (SELECT * FROM (SELECT * FROM wishkit.run ORDER BY id DESC LIMIT 20) AS last
      WHERE last.ended_at IS NOT NULL ORDER BY last.id DESC LIMIT 1) AS r
LEFT JOIN LATERAL (
    SELECT * FROM (SELECT * FROM wishkit.execution ORDER BY id DESC LIMIT 1000) AS newest
    WHERE newest.run_id = r.id ORDER BY newest.id DESC LIMIT 1
) AS e ON true
