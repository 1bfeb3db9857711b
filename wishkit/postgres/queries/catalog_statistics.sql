-- Extended statistics.
SELECT 'statistics' AS kind, s.tableoid AS class, s.oid, 0 AS sub, s.stxnamespace AS within, s.stxname AS name,
       pg_get_userbyid(s.stxowner) AS owner,
       pg_get_statisticsobjdef(s.oid) AS definition,
       nullif(s.stxstattarget, -1)::int AS statistics
FROM pg_statistic_ext AS s
WHERE (s.tableoid, s.oid) NOT IN ({members})
