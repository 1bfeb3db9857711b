-- What plain yoyo has applied, in a database that wishkit has never changed.
SELECT y.migration_id, NULL::text AS checksum, y.applied_at_utc,
       l.username AS applied_by, NULL::float8 AS seconds
FROM {yoyo}._yoyo_migration AS y
LEFT JOIN (
    SELECT DISTINCT ON (migration_hash) migration_hash, username
    FROM {yoyo}._yoyo_log
    WHERE operation IN ('apply', 'mark')
    ORDER BY migration_hash, created_at_utc DESC
) AS l USING (migration_hash)
ORDER BY y.applied_at_utc, y.migration_id
