-- In a script for psql: what earlier runs left behind must be gone; then it is said that it is.
DO $wishkit$
DECLARE
    orphan integer;
BEGIN
    SELECT r.backend_pid INTO orphan
    FROM wishkit.run AS r
    JOIN pg_catalog.pg_stat_activity AS s
      ON s.pid = r.backend_pid AND s.datname = pg_catalog.current_database()
         AND s.usename = r.role AND (s.backend_start = r.backend_start) IS NOT FALSE
         AND s.pid <> pg_catalog.pg_backend_pid()
    WHERE r.ended_at IS NULL
    LIMIT 1;
    IF orphan IS NOT NULL THEN
        RAISE EXCEPTION 'what an earlier run left behind is still at work: backend %%', orphan
            USING ERRCODE = 'lock_not_available',
                  HINT = 'Wait for it, or: SELECT pg_terminate_backend(its number).';
    END IF;
    UPDATE wishkit.run SET ended_at = pg_catalog.clock_timestamp(), outcome = 'lost'
    WHERE ended_at IS NULL;
END
$wishkit$
