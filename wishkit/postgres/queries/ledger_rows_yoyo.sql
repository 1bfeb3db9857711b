-- What plain yoyo has applied, in a database that wishkit has never changed.
SELECT y.migration_id, NULL::text AS checksum, y.applied_at_utc,
       l.username AS applied_by, NULL::float8 AS seconds
FROM {yoyo}._yoyo_migration AS y
LEFT JOIN (
    SELECT migration_hash, max(username) AS username
    FROM {yoyo}._yoyo_log
    WHERE operation IN ('apply', 'mark')
    GROUP BY migration_hash
) AS l USING (migration_hash)
ORDER BY y.applied_at_utc, y.migration_id
