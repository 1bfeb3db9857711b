-- The journal of one non-transactional migration. The first version of the ledger has no position.
SELECT statement, direction, sql, ended_at IS NOT NULL AS done,
       pg_catalog.to_jsonb(step) ->> 'position' AS position,
       (pg_catalog.to_jsonb(step) ->> 'rows')::bigint AS rows
FROM wishkit.step WHERE migration_id = %(id)s ORDER BY statement
