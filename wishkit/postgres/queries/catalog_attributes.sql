-- Attributes of composite types, whose order is part of the type.
SELECT 'attribute' AS kind, c.tableoid AS class, c.oid, a.attnum AS sub, c.reltype AS within,
       a.attname AS name,
       row_number() OVER (PARTITION BY a.attrelid ORDER BY a.attnum) AS position,
       format_type(a.atttypid, a.atttypmod) AS type,
       CASE WHEN a.attcollation NOT IN (t.typcollation, 0) THEN a.attcollation::regcollation::text END AS collation
FROM pg_attribute AS a
JOIN pg_class AS c ON c.oid = a.attrelid AND c.relkind = 'c' AND c.oid >= 16384
JOIN pg_type AS t ON t.oid = a.atttypid
WHERE a.attnum > 0 AND NOT a.attisdropped
