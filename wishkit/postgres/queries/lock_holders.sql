-- Who holds a lock that conflicts with one that is wanted, and since when? One row a holder; as
-- much about it as this role may see. Prepared transactions hold locks without a process.
WITH RECURSIVE wanted AS (
    SELECT DISTINCT pg_catalog.to_regclass(w.name)::oid AS relation, w.held, w.descendants
    FROM ROWS FROM (
        unnest(%(names)s::text[]), unnest(%(held)s::text[]), unnest(%(descendants)s::boolean[])
    ) AS w (name, held, descendants)
    WHERE pg_catalog.to_regclass(w.name) IS NOT NULL
), relations AS (
    SELECT relation, held, descendants FROM wanted
    UNION
    SELECT i.inhrelid, r.held, true
    FROM relations AS r
    JOIN pg_catalog.pg_inherits AS i ON i.inhparent = r.relation
    WHERE r.descendants
)
SELECT coalesce(l.pid, 0) AS pid,
       coalesce(l.virtualtransaction, '') AS transaction,
       min(l.relation::regclass::text) AS relation,
       min(l.mode) AS mode,
       coalesce(max(a.usename::text), max(p.owner::text)) AS role,
       coalesce(nullif(max(a.application_name), ''),
                'prepared transaction ' || max(p.gid)) AS application,
       max(a.state) AS state,
       max(a.query) AS query,
       coalesce(max(a.backend_type) = 'autovacuum worker', false) AS autovacuum,
       coalesce(extract(epoch FROM pg_catalog.clock_timestamp()
                                   - min(coalesce(a.xact_start, p.prepared))), 0)::float8 AS age
FROM relations AS r
JOIN pg_catalog.pg_locks AS l
  ON l.locktype = 'relation' AND l.relation = r.relation AND l.mode = r.held AND l.granted
LEFT JOIN pg_catalog.pg_stat_activity AS a ON a.pid = l.pid
LEFT JOIN pg_catalog.pg_locks AS x
  ON l.pid IS NULL AND x.pid IS NULL AND x.locktype = 'transactionid'
     AND x.virtualtransaction = l.virtualtransaction
LEFT JOIN pg_catalog.pg_prepared_xacts AS p ON p.transaction = x.transactionid
WHERE l.database = (SELECT oid FROM pg_catalog.pg_database
                    WHERE datname = pg_catalog.current_database())
  AND l.pid IS DISTINCT FROM %(ours)s AND l.pid IS DISTINCT FROM pg_catalog.pg_backend_pid()
GROUP BY l.pid, l.virtualtransaction
ORDER BY age DESC
