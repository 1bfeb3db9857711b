-- Evidence of the backups with the newest data, in the order in which it was written.
SELECT id, kind, level, claimed_level, failure, size, checksum, manifest_checksum, database::text,
       system_identifier::text, location, host, lsn, taken_at, finished_at, recorded_at,
       recorded_by::text, tool_version
FROM wishkit.backup
WHERE id IN (SELECT id FROM wishkit.backup GROUP BY id ORDER BY max(taken_at) DESC LIMIT %(limit)s)
ORDER BY entry
