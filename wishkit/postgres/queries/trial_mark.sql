-- Leave something in this session, as SET does, and say which session it is.
SELECT
    pg_catalog.pg_backend_pid() AS session,
    pg_catalog.set_config('wishkit.trial', %(mark)s, false) AS mark
