-- Let go of the session's advisory locks, which a ROLLBACK does not.
SELECT pg_catalog.pg_advisory_unlock_all()
