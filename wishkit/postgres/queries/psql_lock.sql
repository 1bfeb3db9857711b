-- In a script for psql: the run lock, taken again if a migration let it go.
DO $wishkit$
BEGIN
    IF NOT pg_catalog.pg_try_advisory_lock(%(class)s, %(object)s) THEN
        RAISE EXCEPTION 'another run holds the lock'
            USING ERRCODE = 'lock_not_available', HINT = 'Wait for it, then run this again.';
    END IF;
END
$wishkit$
