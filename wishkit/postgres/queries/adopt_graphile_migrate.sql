-- What graphile-migrate has committed here.
SELECT filename, hash, previous_hash
FROM {table}
ORDER BY filename
