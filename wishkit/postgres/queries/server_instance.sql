-- Which database this is, told apart from a copy of its files: since when its server runs.
SELECT pg_catalog.pg_postmaster_start_time(),
       (SELECT d.oid FROM pg_catalog.pg_database AS d WHERE d.datname = pg_catalog.current_database())
