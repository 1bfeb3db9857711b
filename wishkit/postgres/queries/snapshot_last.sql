-- What the database consisted of after the last run that changed it; nothing where that was not
-- kept, or wishkit's psql script or an older wishkit has changed it since.
SELECT taken_at, fingerprint, CASE WHEN reader = %(reader)s THEN content END
FROM wishkit.snapshot
WHERE run_id = (SELECT max(run_id) FROM wishkit.execution
                WHERE outcome = 'done' AND direction IN ('forward', 'backward'))
