-- The run lock: held by the session, asked for without waiting (a session that waits in
-- pg_advisory_lock holds a snapshot, which CREATE INDEX CONCURRENTLY would wait for).
SELECT pg_catalog.pg_try_advisory_lock(%(class)s, %(object)s)
