-- Schemas of the user's; public, which every database is born with, may have been given away.
SELECT 'schema' AS kind, n.tableoid AS class, n.oid, 0 AS sub, NULL::oid AS within, n.nspname AS name,
       CASE WHEN n.oid <> 2200 OR n.nspowner NOT IN (10, 6171) THEN pg_get_userbyid(n.nspowner) END AS owner
FROM pg_namespace AS n
WHERE n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'wishkit', 'wishkit_audit')
  AND (n.tableoid, n.oid) NOT IN ({members})
