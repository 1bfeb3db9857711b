-- Whose sessions are wishkit's, by their name, by the run lock, or by their number in the ledger?
-- Names and locks are there for everybody; the rest needs pg_read_all_stats, or the same role.
SELECT a.pid, a.usename::text AS role, a.application_name AS name, a.state,
       pg_catalog.left(a.query, 1000) AS query, a.query_start, a.backend_start,
       l.pid IS NOT NULL AS has_lock
FROM pg_catalog.pg_stat_activity AS a
LEFT JOIN pg_catalog.pg_locks AS l
  ON l.pid = a.pid AND l.locktype = 'advisory' AND l.granted AND l.objsubid = 2
     AND l.classid = %(class)s::bigint::oid AND l.objid = %(object)s::bigint::oid
     AND l.database = a.datid
WHERE a.datname = pg_catalog.current_database() AND a.pid <> pg_catalog.pg_backend_pid()
  AND (pg_catalog.starts_with(a.application_name, 'wishkit ') OR l.pid IS NOT NULL
       OR a.pid IN ({runs}))
