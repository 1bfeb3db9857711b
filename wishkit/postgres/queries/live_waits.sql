-- Who waits for a lock, for which, since when, and who is in the way? Asked only while wishkit is at
-- work; of a crowd, only those who have waited longest are looked at, because pg_blocking_pids
-- stops the lock tables for a moment each time.
WITH waiting AS MATERIALIZED (
    SELECT DISTINCT ON (l.pid) l.pid, l.mode, l.relation, l.waitstart, a.usename::text AS role,
           a.application_name AS application, a.query, a.query_start
    FROM pg_catalog.pg_locks AS l
    JOIN pg_catalog.pg_stat_activity AS a ON a.pid = l.pid
    WHERE NOT l.granted AND a.datname = pg_catalog.current_database()
      AND (EXISTS (SELECT FROM pg_catalog.pg_stat_activity AS w
                   WHERE w.datname = pg_catalog.current_database()
                     AND w.pid <> pg_catalog.pg_backend_pid()
                     AND pg_catalog.starts_with(w.application_name, 'wishkit '))
           OR EXISTS (SELECT FROM pg_catalog.pg_locks AS r
                      WHERE r.locktype = 'advisory' AND r.granted AND r.objsubid = 2
                        AND r.classid = %(class)s::bigint::oid
                        AND r.objid = %(object)s::bigint::oid))
    ORDER BY l.pid, l.waitstart
)
SELECT w.pid, pg_catalog.pg_blocking_pids(w.pid) AS blockers, w.mode, w.relation::bigint AS oid,
       pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname) AS relation,
       w.waitstart AS since, w.role, w.application, pg_catalog.left(w.query, 1000) AS query,
       w.query_start, (SELECT count(*) FROM waiting) AS crowd
FROM (SELECT * FROM waiting ORDER BY waitstart LIMIT %(most)s) AS w
LEFT JOIN pg_catalog.pg_class AS c ON c.oid = w.relation
LEFT JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
ORDER BY w.waitstart
