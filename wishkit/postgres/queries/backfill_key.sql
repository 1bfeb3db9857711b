-- What has to be known about the key of a backfill: its type, whether every row has one, and whether
-- an index sorts by it as > and <= compare. And about how many rows there are (null: nobody knows),
-- in how many bytes.
SELECT pg_catalog.format_type(a.atttypid, a.atttypmod) AS type,
       a.attnotnull AS required,
       EXISTS (
           SELECT FROM pg_catalog.pg_index AS i
           JOIN pg_catalog.pg_opclass AS o ON o.oid = i.indclass[0]
           JOIN pg_catalog.pg_am AS m ON m.oid = o.opcmethod
           WHERE i.indrelid = c.oid AND i.indkey[0] = a.attnum AND i.indpred IS NULL
             AND i.indisvalid AND m.amname = 'btree' AND i.indcollation[0] = a.attcollation
             AND EXISTS (SELECT FROM pg_catalog.pg_opclass AS d
                         WHERE d.opcfamily = o.opcfamily AND d.opcdefault)
       ) AS sorted,
       size.rows,
       size.bytes
FROM pg_catalog.pg_class AS c
LEFT JOIN pg_catalog.pg_attribute AS a
  ON a.attrelid = c.oid AND a.attname = %(key)s AND a.attnum > 0 AND NOT a.attisdropped
CROSS JOIN LATERAL (
    SELECT CASE WHEN min(p.reltuples) >= 0 THEN sum(p.reltuples)::bigint END AS rows,
           sum(pg_catalog.pg_relation_size(p.oid))::bigint AS bytes
    FROM pg_catalog.pg_class AS p
    WHERE p.relkind <> 'p'
      AND (p.oid = c.oid OR p.oid IN (SELECT relid FROM pg_catalog.pg_partition_tree(c.oid)))
) AS size
WHERE c.oid = pg_catalog.to_regclass(%(table)s)
