-- The texts as applied (or begun), by migration.
SELECT a.migration_id, s.forward, s.backward
FROM wishkit.applied AS a JOIN wishkit.script AS s USING (checksum)
WHERE a.migration_id = ANY (%(ids)s)
UNION
SELECT t.migration_id, s.forward, s.backward
FROM wishkit.step AS t JOIN wishkit.script AS s USING (checksum)
WHERE t.migration_id = ANY (%(ids)s)
