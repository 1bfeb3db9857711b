-- Which session is this, and what has somebody left in it: by SET, and by preparing?
SELECT
    pg_catalog.pg_backend_pid() AS session,
    coalesce(pg_catalog.current_setting('wishkit.trial', true) = %(mark)s, false) AS leaks,
    EXISTS (
        SELECT FROM pg_catalog.pg_prepared_statements AS p WHERE p.name = %(mark)s
    ) AS prepared
