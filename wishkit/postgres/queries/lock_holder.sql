-- Who holds the run lock? As much as this role may see.
SELECT l.pid, s.usename::text, s.application_name, s.client_addr::text,
       extract(epoch FROM clock_timestamp() - s.backend_start)::float8 AS seconds
FROM pg_catalog.pg_locks AS l
LEFT JOIN pg_catalog.pg_stat_activity AS s USING (pid)
WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 2
  AND l.classid = %(class)s::bigint::oid AND l.objid = %(object)s::bigint::oid
  AND l.database = (SELECT oid FROM pg_catalog.pg_database
                    WHERE datname = pg_catalog.current_database())
