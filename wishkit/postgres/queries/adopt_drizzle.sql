-- What drizzle has applied: the time of each entry of its journal, and the hash of its file.
SELECT created_at, hash
FROM {table}
ORDER BY created_at, id
