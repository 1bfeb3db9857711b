-- A migration has been applied: say so in yoyo's tables and in ours, in the transaction of its SQL.
WITH moment AS MATERIALIZED (
    SELECT pg_catalog.clock_timestamp() AS now
), execution AS (
    INSERT INTO wishkit.execution (run_id, migration_id, direction, checksum, transactional,
                                   started_at, ended_at, outcome, statements)
    SELECT %(run)s, %(id)s, %(direction)s, %(checksum)s, %(transactional)s,
           coalesce(now - pg_catalog.make_interval(secs => %(elapsed)s::float8),
                    pg_catalog.transaction_timestamp()), now, 'done', %(statements)s::jsonb
    FROM moment
    RETURNING id
), mark AS (
    INSERT INTO {yoyo}._yoyo_migration (migration_hash, migration_id, applied_at_utc)
    SELECT %(hash)s, %(id)s, now AT TIME ZONE 'UTC' FROM moment
), log AS (
    INSERT INTO {yoyo}._yoyo_log (id, migration_hash, migration_id, operation, username, hostname,
                                  comment, created_at_utc)
    SELECT %(uuid)s, %(hash)s, %(id)s, %(operation)s, %(user)s, %(host)s, %(comment)s,
           now AT TIME ZONE 'UTC'
    FROM moment
)
INSERT INTO wishkit.applied (migration_id, applied_at_utc, checksum, execution_id)
SELECT %(id)s, now AT TIME ZONE 'UTC', %(checksum)s, execution.id FROM moment, execution
ON CONFLICT (migration_id) DO UPDATE
SET applied_at_utc = excluded.applied_at_utc, checksum = excluded.checksum,
    execution_id = excluded.execution_id
