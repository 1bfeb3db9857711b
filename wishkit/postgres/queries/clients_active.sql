-- Is anybody else at work in this database, or was a second ago? A role that may not see that of
-- others takes them to be.
SELECT EXISTS (
    SELECT FROM pg_catalog.pg_stat_activity
    WHERE datname = pg_catalog.current_database()
      AND pid <> ALL (ARRAY[%(ours)s, pg_catalog.pg_backend_pid()])
      AND coalesce(backend_type, 'client backend') = 'client backend'
      AND (state IS DISTINCT FROM 'idle'
           OR state_change > pg_catalog.clock_timestamp() - interval '1 second')
)
