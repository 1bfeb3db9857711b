-- How old what a standby has replayed last is, in seconds; null where it has everything.
SELECT CASE WHEN pg_catalog.pg_last_wal_receive_lsn() = pg_catalog.pg_last_wal_replay_lsn() THEN 0
            ELSE extract(epoch FROM pg_catalog.clock_timestamp()
                         - pg_catalog.pg_last_xact_replay_timestamp())::float8 END
