-- Every role of the server.
SELECT rolname::text FROM pg_catalog.pg_roles
