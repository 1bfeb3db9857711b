-- Which tables of this name are there, and what columns do they have?
SELECT n.nspname::text AS schema, array_agg(a.attname::text) AS columns
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relname = %(table)s AND c.relkind IN ('r', 'p')
  AND (%(schema)s::text IS NULL OR n.nspname = %(schema)s)
  AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
GROUP BY n.oid, n.nspname
ORDER BY n.nspname
