-- What is applied, in the order it was applied, with what wishkit knows about it.
-- A row of wishkit.applied counts only while yoyo's row is still the one it was written with.
-- The order is that of wishkit's own attempts, because a server's clock may be set back; what plain
-- yoyo applied comes where its time puts it among them.
SELECT y.migration_id, a.checksum, y.applied_at_utc,
       coalesce(r.role::text, l.username) AS applied_by,
       extract(epoch FROM e.ended_at - e.started_at)::float8 AS seconds
FROM {yoyo}._yoyo_migration AS y
LEFT JOIN wishkit.applied AS a USING (migration_id, applied_at_utc)
LEFT JOIN wishkit.execution AS e ON e.id = a.execution_id
LEFT JOIN wishkit.run AS r ON r.id = e.run_id
LEFT JOIN (
    SELECT DISTINCT ON (migration_hash) migration_hash, username
    FROM {yoyo}._yoyo_log
    WHERE operation IN ('apply', 'mark')
    ORDER BY migration_hash, created_at_utc DESC
) AS l ON l.migration_hash = y.migration_hash AND e.id IS NULL
ORDER BY coalesce(CASE WHEN e.direction = 'forward' THEN e.id END,
                  max(e.id) FILTER (WHERE e.direction = 'forward')
                      OVER (ORDER BY y.applied_at_utc ROWS UNBOUNDED PRECEDING)) NULLS FIRST,
         e.direction = 'forward' DESC NULLS LAST, y.applied_at_utc, y.migration_id
