-- Columns that go with a type.
SELECT n.nspname::text, c.relname::text, a.attname::text
FROM pg_catalog.pg_attribute AS a
JOIN pg_catalog.pg_class AS c ON c.oid = a.attrelid AND c.relkind IN ('r', 'p')
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE a.atttypid = pg_catalog.to_regtype(%(type)s) AND NOT a.attisdropped
ORDER BY c.relname, a.attnum
