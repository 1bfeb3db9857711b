-- Which non-transactional migrations stopped part-way?
SELECT migration_id, direction, min(checksum) AS checksum,
       count(ended_at)::int AS done, max(statements) AS total
FROM wishkit.step
GROUP BY migration_id, direction
ORDER BY migration_id
