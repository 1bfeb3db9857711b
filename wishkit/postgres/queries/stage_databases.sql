-- Databases that rehearsals have made, by their names.
SELECT datname::text FROM pg_catalog.pg_database WHERE datname ~ '^wishkit_rehearsal_[0-9a-f]{8}_'
