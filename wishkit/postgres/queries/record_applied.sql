-- Which text is applied, by the attempt that was just recorded in this transaction. Where only the
-- text is another one from now on, the attempt that applied it stays the one that did.
INSERT INTO wishkit.applied (migration_id, applied_at_utc, checksum, execution_id)
SELECT migration_id, applied_at_utc, %(checksum)s,
       pg_catalog.currval('wishkit.execution_id_seq'::pg_catalog.regclass)
FROM {yoyo}._yoyo_migration
WHERE migration_hash = %(hash)s
ON CONFLICT (migration_id) DO UPDATE
SET applied_at_utc = excluded.applied_at_utc, checksum = excluded.checksum,
    execution_id = CASE WHEN applied.applied_at_utc = excluded.applied_at_utc
                        THEN applied.execution_id ELSE excluded.execution_id END
