-- A migration has been rolled back (or unmarked): it is no longer applied, and the log says so.
WITH moment AS MATERIALIZED (
    SELECT pg_catalog.clock_timestamp() AS now
), execution AS (
    INSERT INTO wishkit.execution (run_id, migration_id, direction, checksum, transactional,
                                   started_at, ended_at, outcome, statements)
    SELECT %(run)s, %(id)s, %(direction)s,
           (SELECT checksum FROM wishkit.script WHERE checksum = %(checksum)s), %(transactional)s,
           coalesce(now - pg_catalog.make_interval(secs => %(elapsed)s::float8),
                    pg_catalog.transaction_timestamp()), now, 'done', %(statements)s::jsonb
    FROM moment
), mark AS (
    DELETE FROM {yoyo}._yoyo_migration WHERE migration_hash = %(hash)s
), log AS (
    INSERT INTO {yoyo}._yoyo_log (id, migration_hash, migration_id, operation, username, hostname,
                                  comment, created_at_utc)
    SELECT %(uuid)s, %(hash)s, %(id)s, %(operation)s, %(user)s, %(host)s, %(comment)s,
           now AT TIME ZONE 'UTC'
    FROM moment
)
DELETE FROM wishkit.applied WHERE migration_id = %(id)s
