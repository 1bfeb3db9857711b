-- What goose did, in that order: a version that was taken back has a later row, or none.
SELECT version_id, is_applied
FROM {table}
ORDER BY id
