-- To yoyo, a migration is not applied when its row is gone.
DELETE FROM {yoyo}._yoyo_migration WHERE migration_hash = %(hash)s
