-- Is a partitioned table's index valid, and if not, which partitions have none attached to it?
SELECT i.indisvalid AS valid,
       ARRAY(SELECT h.inhrelid::regclass::text
             FROM pg_catalog.pg_inherits AS h
             WHERE h.inhparent = i.indrelid AND NOT EXISTS (
                 SELECT FROM pg_catalog.pg_inherits AS a
                 JOIN pg_catalog.pg_index AS x ON x.indexrelid = a.inhrelid
                 WHERE a.inhparent = i.indexrelid AND x.indrelid = h.inhrelid AND x.indisvalid)
             ORDER BY 1) AS missing
FROM pg_catalog.pg_index AS i
WHERE i.indexrelid = pg_catalog.to_regclass(%(index)s)
