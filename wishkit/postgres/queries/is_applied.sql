-- Is this migration applied? One row if it is.
SELECT 1 FROM {yoyo}._yoyo_migration WHERE migration_id = %(id)s
