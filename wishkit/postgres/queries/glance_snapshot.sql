-- When the last run that changed the database ended, the fingerprint it left, and whether every
-- object is kept as this version of wishkit would read it. The same row as `snapshot_last`.
SELECT taken_at, fingerprint, content IS NOT NULL AND reader = %(reader)s
FROM wishkit.snapshot
WHERE run_id = (SELECT max(run_id) FROM wishkit.execution
                WHERE outcome = 'done' AND direction IN ('forward', 'backward'))
