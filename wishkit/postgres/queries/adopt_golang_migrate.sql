-- Where golang-migrate stands, and whether it got stuck there.
SELECT version, dirty
FROM {table}
ORDER BY version
