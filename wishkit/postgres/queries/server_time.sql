-- What time it is, by the server's clock.
SELECT pg_catalog.clock_timestamp()
