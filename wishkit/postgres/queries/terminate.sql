-- End a server process of this role.
SELECT pg_catalog.pg_terminate_backend(%(pid)s)
