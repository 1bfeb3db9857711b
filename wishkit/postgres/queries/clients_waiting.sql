-- For how long has somebody waited for this process? Does it wait itself, and for which
-- transactions?
SELECT (SELECT max(extract(epoch FROM pg_catalog.clock_timestamp() - l.waitstart))
        FROM pg_catalog.pg_locks AS l
        WHERE NOT l.granted AND l.pid <> %(ours)s
          AND %(ours)s = ANY (pg_catalog.pg_blocking_pids(l.pid)))::float8 AS seconds,
       w.waits AS queued,
       CASE WHEN w.waits THEN ARRAY(
           SELECT h.virtualtransaction FROM pg_catalog.pg_locks AS h
           WHERE h.locktype = 'virtualxid' AND h.granted
             AND h.pid = ANY (pg_catalog.pg_blocking_pids(%(ours)s))) ELSE '{}' END AS blockers
FROM (SELECT EXISTS (SELECT FROM pg_catalog.pg_locks AS o
                     WHERE o.pid = %(ours)s AND NOT o.granted) AS waits) AS w
