-- Attempts, the newest first: at one migration, named by its id, its number or the beginning of its
-- id, or at all. An older ledger has no column for waits and rows; JSON has no word for that.
SELECT e.migration_id, e.id, e.run_id, e.direction, e.outcome, e.checksum,
       e.started_at AT TIME ZONE 'UTC' AS at_utc,
       extract(epoch FROM e.ended_at - e.started_at)::float8 AS seconds,
       j.waits, j.rows, r.role::text, r.os_user, r.host, r.tool_version, r.reason,
       e.error ->> 'message' AS error, e.statements
FROM (
    SELECT * FROM wishkit.execution AS a
    WHERE (%(references)s::text[] IS NULL OR a.migration_id = ANY (%(references)s)
           OR EXISTS (SELECT FROM unnest(%(references)s::text[]) AS f (beginning)
                      WHERE pg_catalog.starts_with(a.migration_id, f.beginning || '_')))
    ORDER BY a.id DESC
    LIMIT %(limit)s
) AS e
JOIN wishkit.run AS r ON r.id = e.run_id
CROSS JOIN LATERAL (SELECT pg_catalog.to_jsonb(e) -> 'waits',
                           (pg_catalog.to_jsonb(e) ->> 'rows')::bigint) AS j (waits, rows)
ORDER BY e.id DESC
