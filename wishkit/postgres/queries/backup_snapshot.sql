-- This transaction's snapshot for pg_dump, when that is, and what a copy of the database needs.
SELECT pg_catalog.pg_export_snapshot(),
       CASE WHEN pg_catalog.pg_is_in_recovery() THEN pg_catalog.pg_last_wal_replay_lsn()
            ELSE pg_catalog.pg_current_wal_lsn() END::text,
       pg_catalog.clock_timestamp(),
       pg_catalog.getdatabaseencoding()::text,
       pg_catalog.to_regnamespace('public') IS NOT NULL,
       ARRAY(SELECT rolname::text FROM pg_catalog.pg_roles WHERE rolname !~ '^pg_' ORDER BY rolname)
