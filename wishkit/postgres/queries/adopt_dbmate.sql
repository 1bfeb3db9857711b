-- The versions that dbmate has applied.
SELECT version
FROM {table}
ORDER BY version
