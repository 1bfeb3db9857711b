-- yoyo's log has a line for everything that was done.
INSERT INTO {yoyo}._yoyo_log (id, migration_hash, migration_id, operation, username, hostname,
                              comment, created_at_utc)
VALUES (pg_catalog.gen_random_uuid()::text, %(hash)s, %(id)s, %(operation)s, %(user)s, %(host)s,
        %(comment)s, pg_catalog.clock_timestamp() AT TIME ZONE 'UTC')
