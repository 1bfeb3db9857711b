-- Which non-transactional migrations stopped part-way? The first version of the ledger counts no
-- rows.
SELECT migration_id, direction, min(checksum) AS checksum,
       count(ended_at)::int AS done, max(statements) AS total,
       max((pg_catalog.to_jsonb(step) ->> 'rows')::bigint) AS rows
FROM wishkit.step
GROUP BY migration_id, direction
ORDER BY migration_id
