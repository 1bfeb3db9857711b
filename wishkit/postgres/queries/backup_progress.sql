-- How many rows of which tables have gone through a COPY that is at work.
SELECT n.nspname || '.' || c.relname, p.tuples_processed
FROM pg_catalog.pg_stat_progress_copy AS p
JOIN pg_catalog.pg_class AS c ON c.oid = p.relid
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE p.datname = current_database() AND p.command = %(command)s
