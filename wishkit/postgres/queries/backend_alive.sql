-- Does the server process of a run still live, and what is it doing? A pid may recur, so its start
-- is compared; where this role may not see that, database and role have to do.
SELECT query
FROM pg_catalog.pg_stat_activity
WHERE pid = %(pid)s AND datname = pg_catalog.current_database() AND usename = %(role)s
  AND (backend_start = %(start)s) IS NOT FALSE
