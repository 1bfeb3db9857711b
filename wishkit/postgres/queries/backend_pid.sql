-- Which server process is this? Behind a pooler it is not the one the connection was told.
SELECT pg_catalog.pg_backend_pid()
