-- At which statement is each non-transactional migration? The first version of the ledger has no rows.
SELECT DISTINCT ON (s.migration_id) s.run_id AS run, s.migration_id AS migration, s.direction,
       s.statement, s.statements, pg_catalog.left(s.sql, 1000) AS sql, s.started_at,
       s.ended_at IS NOT NULL AS done, (pg_catalog.to_jsonb(s) ->> 'rows')::bigint AS rows
FROM wishkit.step AS s
ORDER BY s.migration_id, s.started_at DESC, s.statement DESC
