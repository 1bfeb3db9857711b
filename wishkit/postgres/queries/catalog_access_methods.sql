-- Access methods.
SELECT 'access method' AS kind, a.tableoid AS class, a.oid, 0 AS sub, NULL::oid AS within, a.amname AS name,
       CASE a.amtype WHEN 't' THEN 'table' ELSE 'index' END AS type,
       a.amhandler::regprocedure::text AS handler
FROM pg_am AS a
WHERE a.oid >= 16384 AND (a.tableoid, a.oid) NOT IN ({members})
