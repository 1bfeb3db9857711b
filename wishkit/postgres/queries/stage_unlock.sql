-- Take back that the databases of this token are in use.
SELECT pg_catalog.pg_advisory_unlock(('x' || %(token)s)::bit(32)::bigint + (1::bigint << 40))
