-- A connection that is only to look: it can neither write nor hold anybody up, for this session.
SELECT pg_catalog.set_config('default_transaction_read_only', 'on', false),
       pg_catalog.set_config('statement_timeout', %(longest)s, false),
       pg_catalog.set_config('lock_timeout', %(longest)s, false),
       pg_catalog.set_config('idle_in_transaction_session_timeout', %(longest)s, false)
