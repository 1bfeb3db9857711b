-- Runs that are gone without having said so.
UPDATE wishkit.run SET ended_at = pg_catalog.clock_timestamp(), outcome = 'lost'
WHERE id = ANY (%(runs)s)
