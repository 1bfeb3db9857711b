-- A run ends.
UPDATE wishkit.run SET ended_at = pg_catalog.clock_timestamp(), outcome = %(outcome)s
WHERE id = %(run)s
