-- Which text is applied, by the attempt that was just recorded in this transaction.
INSERT INTO wishkit.applied (migration_id, applied_at_utc, checksum, execution_id)
SELECT migration_id, applied_at_utc, %(checksum)s,
       pg_catalog.currval('wishkit.execution_id_seq'::pg_catalog.regclass)
FROM {yoyo}._yoyo_migration
WHERE migration_hash = %(hash)s
ON CONFLICT (migration_id) DO UPDATE
SET applied_at_utc = excluded.applied_at_utc, checksum = excluded.checksum,
    execution_id = excluded.execution_id
