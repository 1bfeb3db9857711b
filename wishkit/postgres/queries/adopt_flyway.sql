-- What Flyway's history says, in the order in which it was done.
SELECT installed_rank, version, description, type, script, checksum, success
FROM {table}
ORDER BY installed_rank
