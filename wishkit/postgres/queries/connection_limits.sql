-- How many clients may be connected here, and how many are kept for those who look after the server.
SELECT
    pg_catalog.current_setting('max_connections')::int AS most,
    pg_catalog.current_setting('superuser_reserved_connections')::int
        + coalesce(pg_catalog.current_setting('reserved_connections', true)::int, 0) AS kept,
    (
        SELECT nullif(d.datconnlimit, -1)
        FROM pg_catalog.pg_database AS d
        WHERE d.datname = pg_catalog.current_database()
    ) AS in_database,
    pg_catalog.pg_postmaster_start_time() AS running_since
