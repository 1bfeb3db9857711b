-- Who are these processes, and which lock do they hold on the relation that is asked for with each?
-- The strongest, if several. Process 0 is a prepared transaction, which has none.
WITH asked AS (
    SELECT * FROM ROWS FROM (unnest(%(pids)s::int[]), unnest(%(relations)s::oid[]))
        AS a (pid, relation)
), held AS MATERIALIZED (
    SELECT coalesce(l.pid, 0) AS pid, l.relation, l.virtualtransaction, l.mode,
           pg_catalog.array_position(%(modes)s::text[], l.mode) AS strength
    FROM pg_catalog.pg_locks AS l
    WHERE l.locktype = 'relation' AND l.granted
      AND l.relation = ANY (%(relations)s::oid[])
      AND l.database = (SELECT oid FROM pg_catalog.pg_database
                        WHERE datname = pg_catalog.current_database())
), prepared AS MATERIALIZED (
    SELECT x.virtualtransaction, p.gid, p.owner::text, p.prepared
    FROM pg_catalog.pg_prepared_xacts AS p
    LEFT JOIN pg_catalog.pg_locks AS x
      ON x.pid IS NULL AND x.locktype = 'transactionid' AND x.transactionid = p.transaction
    WHERE p.database = pg_catalog.current_database()
)
SELECT DISTINCT ON (k.pid, k.relation)
       k.pid, coalesce(h.virtualtransaction, '') AS transaction,
       pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname) AS relation,
       h.mode,
       coalesce(a.usename::text, p.owner) AS role,
       coalesce(nullif(a.application_name, ''), 'prepared transaction ' || p.gid) AS application,
       a.state, pg_catalog.left(a.query, 1000) AS query,
       coalesce(a.backend_type = 'autovacuum worker', a.pid IS NOT NULL AND a.usename IS NULL)
           AS autovacuum,
       extract(epoch FROM pg_catalog.clock_timestamp()
                          - coalesce(a.xact_start, a.query_start, p.prepared))::float8 AS age,
       k.relation::bigint AS relation_oid
FROM asked AS k
LEFT JOIN held AS h ON h.pid = k.pid AND h.relation = k.relation
LEFT JOIN pg_catalog.pg_stat_activity AS a ON a.pid = k.pid
LEFT JOIN prepared AS p
  ON k.pid = 0 AND (h.virtualtransaction IS NULL OR p.virtualtransaction = h.virtualtransaction)
LEFT JOIN pg_catalog.pg_class AS c ON c.oid = k.relation AND h.mode IS NOT NULL
LEFT JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
ORDER BY k.pid, k.relation, h.strength DESC NULLS LAST
