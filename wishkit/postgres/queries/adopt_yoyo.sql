-- What yoyo has applied, in that order.
SELECT migration_id
FROM {table}
ORDER BY applied_at_utc, migration_id
