-- The tables that somebody may have meant, as they are written in this session.
SELECT c.oid::regclass::text
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'wishkit')
  AND n.nspname !~ '^pg_' AND c.relname !~ '^(_yoyo_|yoyo_lock$)'
ORDER BY 1
