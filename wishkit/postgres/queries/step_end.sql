-- A statement is known to be complete.
UPDATE wishkit.step SET ended_at = pg_catalog.clock_timestamp()
WHERE migration_id = %(id)s AND statement = %(statement)s
