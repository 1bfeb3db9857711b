-- An applied migration is from now on known by this text; when it was applied does not change.
WITH execution AS (
    INSERT INTO wishkit.execution (run_id, migration_id, direction, checksum, transactional,
                                   started_at, outcome)
    VALUES (%(run)s, %(id)s, 'mark', %(checksum)s, true, pg_catalog.transaction_timestamp(), 'done')
    RETURNING id
)
INSERT INTO wishkit.applied (migration_id, applied_at_utc, checksum, execution_id)
SELECT y.migration_id, y.applied_at_utc, %(checksum)s, execution.id
FROM {yoyo}._yoyo_migration AS y, execution
WHERE y.migration_hash = %(hash)s
ON CONFLICT (migration_id) DO UPDATE
SET applied_at_utc = excluded.applied_at_utc, checksum = excluded.checksum,
    execution_id = excluded.execution_id
