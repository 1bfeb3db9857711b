-- Tables that may hold rows, with the columns whose values are stored; partitions one by one.
SELECT n.nspname::text, c.relname::text,
       array_agg(a.attname::text ORDER BY a.attnum)
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid
WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND a.attnum > 0 AND NOT a.attisdropped
  AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'wishkit')
  AND c.relname !~ '^_?yoyo_'
GROUP BY c.oid, n.nspname, c.relname
ORDER BY n.nspname, c.relname
