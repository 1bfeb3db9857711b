-- What a unique index forbids to occur twice: its table, keys, and the rows it is about.
-- The column that says how NULLs count is missing before version 15.
SELECT i.indrelid::regclass::text AS table,
       ARRAY(SELECT pg_catalog.pg_get_indexdef(i.indexrelid, k, true)
                    || coalesce(' COLLATE ' || quote_ident(n.nspname) || '.'
                                || quote_ident(l.collname), '')
             FROM generate_series(1, i.indnkeyatts) AS k
             LEFT JOIN pg_catalog.pg_collation AS l ON l.oid = i.indcollation[k - 1]
             LEFT JOIN pg_catalog.pg_namespace AS n ON n.oid = l.collnamespace
             ORDER BY k) AS keys,
       ARRAY(SELECT pg_catalog.pg_get_indexdef(i.indexrelid, k, true)
             FROM generate_series(1, i.indnkeyatts) AS k ORDER BY k) AS names,
       coalesce(pg_catalog.pg_get_expr(i.indpred, i.indrelid), 'true') AS predicate,
       coalesce((to_jsonb(i) ->> 'indnullsnotdistinct')::boolean, false) AS nulls_too
FROM pg_catalog.pg_index AS i
WHERE i.indexrelid = pg_catalog.to_regclass(%(index)s)
