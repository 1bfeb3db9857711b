-- For how many seconds has a non-transactional migration been under way?
SELECT extract(epoch FROM pg_catalog.clock_timestamp() - min(started_at))
FROM wishkit.step WHERE migration_id = %(id)s
