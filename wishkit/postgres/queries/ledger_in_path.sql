-- Would a table that is made without a schema become one of the ledger's, and for whom?
SELECT coalesce(pg_catalog.current_schema() = 'wishkit', false), session_user::text
