-- To yoyo, a migration is applied when this row is there.
INSERT INTO {yoyo}._yoyo_migration (migration_hash, migration_id, applied_at_utc)
VALUES (%(hash)s, %(id)s, pg_catalog.clock_timestamp() AT TIME ZONE 'UTC')
