-- In a script for psql: the run lock is let go.
DO $wishkit$
BEGIN
    PERFORM pg_catalog.pg_advisory_unlock_all();
END
$wishkit$
