-- The columns of every table that has one of an enum, in order, with the enum where it is one,
-- and whether the table's name alone stands for it.
SELECT cn.nspname::text, c.relname::text, pg_catalog.pg_table_is_visible(c.oid), a.attname::text,
       tn.nspname::text, t.typname::text
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS cn ON cn.oid = c.relnamespace
JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_catalog.pg_type AS t ON t.oid = a.atttypid AND t.typtype = 'e'
LEFT JOIN pg_catalog.pg_namespace AS tn ON tn.oid = t.typnamespace
WHERE c.relkind IN ('r', 'p', 'f')
  AND EXISTS (
      SELECT FROM pg_catalog.pg_attribute AS b
      JOIN pg_catalog.pg_type AS e ON e.oid = b.atttypid AND e.typtype = 'e'
      WHERE b.attrelid = c.oid AND NOT b.attisdropped
  )
ORDER BY c.oid, a.attnum
