-- Say that the databases of this token are in use; false if somebody else says so.
SELECT pg_catalog.pg_try_advisory_lock(('x' || %(token)s)::bit(32)::bigint + (1::bigint << 40))
