-- Which of these system catalogs the role may not read.
SELECT c.relname
FROM pg_catalog.pg_class AS c
WHERE c.relnamespace = 'pg_catalog'::regnamespace AND c.relname = ANY (%(names)s)
  AND NOT pg_catalog.has_any_column_privilege(c.oid, 'SELECT')
