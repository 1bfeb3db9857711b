-- Cancel what a process of this role is running.
SELECT pg_catalog.pg_cancel_backend(%(pid)s)
