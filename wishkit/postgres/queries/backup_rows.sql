-- All evidence of backups, in the order in which it was written.
SELECT id, kind, level, claimed_level, failure, size, checksum, manifest_checksum, database::text,
       system_identifier::text, location, host, lsn, taken_at, finished_at, recorded_at,
       recorded_by::text, tool_version
FROM wishkit.backup
ORDER BY entry
