-- For this transaction: rows are read as they are or not at all, by as many workers as the server
-- allows, and waiting for pg_dump is no idling.
SELECT set_config(s.name, s.value, true)
FROM (VALUES ('row_security', 'off'), ('idle_in_transaction_session_timeout', '0'),
             ('lock_timeout', %(lock_timeout)s),
             ('max_parallel_workers_per_gather',
              (SELECT reset_val FROM pg_settings WHERE name = 'max_parallel_workers_per_gather')))
    AS s (name, value)
