-- Who holds one of these locks, or is one of these transactions, and since when? One row each, with
-- the last of its locks in the order asked for, and as much as this role may see. Prepared
-- transactions hold locks without a process. Without pg_monitor a worker of autovacuum is still
-- known by having no role.
WITH found AS (
    SELECT l.pid, l.virtualtransaction, l.relation, l.mode, w.place
    FROM ROWS FROM (unnest(%(relations)s::oid[]), unnest(%(held)s::text[]))
         WITH ORDINALITY AS w (relation, held, place)
    JOIN pg_catalog.pg_locks AS l
      ON l.locktype = 'relation' AND l.relation = w.relation AND l.mode = w.held AND l.granted
    WHERE l.database = (SELECT oid FROM pg_catalog.pg_database
                        WHERE datname = pg_catalog.current_database())
    UNION ALL
    SELECT l.pid, l.virtualtransaction, NULL, NULL, 0
    FROM pg_catalog.pg_locks AS l
    WHERE l.locktype = 'virtualxid' AND l.granted AND l.virtualtransaction = ANY (%(seen)s)
)
SELECT coalesce(f.pid, 0) AS pid,
       coalesce(f.virtualtransaction, '') AS transaction,
       (array_agg(pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname)
                  ORDER BY f.place DESC))[1] AS relation,
       (array_agg(f.mode ORDER BY f.place DESC))[1] AS mode,
       coalesce(max(a.usename::text), max(p.owner::text)) AS role,
       coalesce(nullif(max(a.application_name), ''),
                'prepared transaction ' || max(p.gid)) AS application,
       max(a.state) AS state,
       max(a.query) AS query,
       coalesce(max(a.backend_type) = 'autovacuum worker',
                max(f.pid) IS NOT NULL AND max(a.usename::text) IS NULL) AS autovacuum,
       coalesce(extract(epoch FROM pg_catalog.clock_timestamp()
                                   - min(coalesce(a.xact_start, p.prepared))), 0)::float8 AS age,
       (array_agg(f.relation::int8 ORDER BY f.place DESC))[1] AS relation_oid
FROM found AS f
LEFT JOIN pg_catalog.pg_class AS c ON c.oid = f.relation
LEFT JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_stat_activity AS a ON a.pid = f.pid
LEFT JOIN pg_catalog.pg_locks AS x
  ON f.pid IS NULL AND x.pid IS NULL AND x.locktype = 'transactionid'
     AND x.virtualtransaction = f.virtualtransaction
LEFT JOIN pg_catalog.pg_prepared_xacts AS p ON p.transaction = x.transactionid
WHERE f.pid IS DISTINCT FROM %(ours)s AND f.pid IS DISTINCT FROM pg_catalog.pg_backend_pid()
GROUP BY f.pid, f.virtualtransaction
ORDER BY age DESC
