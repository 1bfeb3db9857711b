-- Extensions, but for the one that every database is born with.
SELECT 'extension' AS kind, e.tableoid AS class, e.oid, 0 AS sub, NULL::oid AS within, e.extname AS name,
       e.extversion AS version, n.nspname AS schema
FROM pg_extension AS e
JOIN pg_namespace AS n ON n.oid = e.extnamespace
WHERE e.oid >= 16384
