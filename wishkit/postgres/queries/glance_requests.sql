-- The last request of each environment, if it is still good; without the bundles that are known.
SELECT r.id, r.environment, r.digest,
       CASE WHEN r.digest <> ALL (%(known)s::text[]) THEN r.bundle END,
       r.requested_by::text, r.requested_at, r.expires_at,
       ARRAY(SELECT d.migration_id FROM wishkit.request_done AS d WHERE d.request_id = r.id)
FROM wishkit.request AS r
WHERE r.id IN (SELECT max(id) FROM wishkit.request GROUP BY environment)
  AND r.expires_at > pg_catalog.clock_timestamp()
ORDER BY r.id
