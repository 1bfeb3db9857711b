-- The texts as applied (or begun), by migration. What plain yoyo applied anew since counts as
-- without text, as it does in ledger_rows.
SELECT a.migration_id, s.forward, s.backward
FROM wishkit.applied AS a
JOIN {yoyo}._yoyo_migration AS y USING (migration_id, applied_at_utc)
JOIN wishkit.script AS s USING (checksum)
WHERE a.migration_id = ANY (%(ids)s)
UNION
SELECT t.migration_id, s.forward, s.backward
FROM wishkit.step AS t JOIN wishkit.script AS s USING (checksum)
WHERE t.migration_id = ANY (%(ids)s)
