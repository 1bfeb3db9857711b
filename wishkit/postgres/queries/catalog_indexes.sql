-- Indexes that are no constraint's own; what an expression in one collects has a target by number.
-- Most are plain B-trees over columns, told by those: putting their definition together from there
-- is several times as quick as pg_get_indexdef. A column that an older server does not have is that
-- of `absent`, to which a name refers when no nearer table has it.
SELECT 'index' AS kind, c.tableoid AS class, c.oid, 0 AS sub, c.relnamespace AS within, c.relname AS name,
       i.indrelid AS of,
       i.indisunique AS unique,
       CASE WHEN c.relkind = 'i' AND c.reloptions IS NULL THEN i.keys END AS keys, i.classes,
       CASE WHEN i.keys IS NULL OR c.relkind = 'I' OR c.reloptions IS NOT NULL THEN pg_get_indexdef(i.indexrelid) END AS definition,
       CASE WHEN NOT i.indisvalid OR NOT i.indisready OR NOT i.indislive THEN false END AS valid,
       nullif(i.indisclustered, false) AS clustered,
       nullif(i.indisreplident, false) AS replica_identity,
       s.spcname AS tablespace,
       h.inhparent::regclass::text AS partition_of,
       CASE WHEN i.indexprs IS NOT NULL THEN ARRAY(
           SELECT a.attnum || ': ' || a.attstattarget FROM pg_attribute AS a
           WHERE a.attrelid = i.indexrelid AND a.attstattarget >= 0 ORDER BY a.attnum) END AS statistics
FROM (VALUES (false)) AS absent (indnullsnotdistinct)
CROSS JOIN LATERAL (
    SELECT i.*, CASE WHEN i.indexprs IS NULL AND i.indpred IS NULL AND i.indnatts = i.indnkeyatts
                          AND NOT indnullsnotdistinct AND i.indoption::text !~ '[1-9]'
                          AND i.indcollation::oid[] <@ '{0, 100}' AND i.indclass::oid[] <@ ARRAY(
                              SELECT o.oid FROM pg_opclass AS o
                              WHERE o.opcmethod = 403 AND o.opcdefault AND o.oid < 16384)
                     THEN i.indkey::text END AS keys,
           i.indclass::text AS classes
    FROM pg_index AS i
    WHERE i.indexrelid >= 16384
) AS i
JOIN pg_class AS c ON c.oid = i.indexrelid
JOIN pg_class AS r ON r.oid = i.indrelid AND r.relkind IN ('r', 'p', 'm')
LEFT JOIN pg_tablespace AS s ON s.oid = c.reltablespace
LEFT JOIN pg_inherits AS h ON h.inhrelid = c.oid
WHERE i.indexrelid NOT IN (SELECT conindid FROM pg_constraint WHERE contype IN ('p', 'u', 'x'))
