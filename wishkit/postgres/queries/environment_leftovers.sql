-- What was begun and not ended: INVALID indexes, constraints not validated, prepared transactions.
-- An index that a session is building now is INVALID too, and will not stay so.
SELECT CASE WHEN p.pid IS NULL THEN 'index' ELSE 'building' END AS kind,
       i.indexrelid::pg_catalog.regclass::text AS name, NULL::float8 AS age
FROM pg_catalog.pg_index AS i
JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid
LEFT JOIN pg_catalog.pg_stat_progress_create_index AS p
       ON p.index_relid = i.indexrelid AND p.datname = pg_catalog.current_database()
WHERE NOT i.indisvalid AND c.relkind = 'i'
UNION ALL
SELECT 'constraint', pg_catalog.format('%I of %s', c.conname, c.conrelid::pg_catalog.regclass), NULL
FROM pg_catalog.pg_constraint AS c
WHERE NOT c.convalidated AND c.conrelid <> 0
UNION ALL
SELECT 'prepared', p.gid, extract(epoch FROM pg_catalog.clock_timestamp() - p.prepared)::float8
FROM pg_catalog.pg_prepared_xacts AS p
WHERE p.database = pg_catalog.current_database()
ORDER BY 1, 2
