-- Requests, the newest first: all, one, or the last one of an environment.
SELECT r.id, r.environment, r.digest, r.bundle, r.requested_by::text, r.requested_at, r.expires_at,
       r.expires_at <= pg_catalog.clock_timestamp(),
       (SELECT max(n.id) FROM wishkit.request AS n
        WHERE n.environment = r.environment AND n.id > r.id),
       ARRAY(SELECT d.migration_id FROM wishkit.request_done AS d WHERE d.request_id = r.id)
FROM wishkit.request AS r
WHERE r.id = coalesce(%(id)s::bigint, r.id)
  AND r.environment = coalesce(%(environment)s::text, r.environment)
ORDER BY r.id DESC
LIMIT %(limit)s
