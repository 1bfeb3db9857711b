-- Indexes that are no constraint's own; what an expression in one collects has a target by number.
SELECT 'index' AS kind, c.tableoid AS class, c.oid, 0 AS sub, c.relnamespace AS within, c.relname AS name,
       i.indrelid AS of,
       pg_get_indexdef(i.indexrelid) AS definition,
       CASE WHEN NOT i.indisvalid OR NOT i.indisready OR NOT i.indislive THEN false END AS valid,
       nullif(i.indisclustered, false) AS clustered,
       nullif(i.indisreplident, false) AS replica_identity,
       s.spcname AS tablespace,
       h.inhparent::regclass::text AS partition_of,
       CASE WHEN i.indexprs IS NOT NULL THEN ARRAY(
           SELECT a.attnum || ': ' || a.attstattarget FROM pg_attribute AS a
           WHERE a.attrelid = i.indexrelid AND a.attstattarget >= 0 ORDER BY a.attnum) END AS statistics
FROM pg_index AS i
JOIN pg_class AS c ON c.oid = i.indexrelid
JOIN pg_class AS r ON r.oid = i.indrelid AND r.relkind IN ('r', 'p', 'm')
LEFT JOIN pg_tablespace AS s ON s.oid = c.reltablespace
LEFT JOIN pg_inherits AS h ON h.inhrelid = c.oid
WHERE i.indexrelid >= 16384
  AND i.indexrelid NOT IN (SELECT conindid FROM pg_constraint WHERE contype IN ('p', 'u', 'x'))
