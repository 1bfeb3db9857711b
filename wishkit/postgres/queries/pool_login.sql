-- What an application meets that logs in like this: limits and time-outs of its own (ms, 0: none).
SELECT
    session_user::text AS login,
    pg_catalog.current_database()::text AS database,
    pg_catalog.pg_postmaster_start_time() AS running_since,
    (
        SELECT nullif(r.rolconnlimit, -1)
        FROM pg_catalog.pg_roles AS r
        WHERE r.rolname = session_user
    ) AS login_limit,
    (
        SELECT r.rolsuper
        FROM pg_catalog.pg_roles AS r
        WHERE r.rolname = session_user
    ) AS superuser,
    (
        SELECT s.reset_val::int
        FROM pg_catalog.pg_settings AS s
        WHERE s.name = 'idle_in_transaction_session_timeout'
    ) AS idle_timeout,
    (
        SELECT s.reset_val::int
        FROM pg_catalog.pg_settings AS s
        WHERE s.name = 'statement_timeout'
    ) AS statement_timeout
