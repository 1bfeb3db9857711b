-- The number of the transaction this is asked in, as this session counts them.
SELECT pg_catalog.split_part(virtualtransaction, '/', 2)::bigint
FROM pg_catalog.pg_locks
WHERE locktype = 'virtualxid' AND pid = pg_catalog.pg_backend_pid()
