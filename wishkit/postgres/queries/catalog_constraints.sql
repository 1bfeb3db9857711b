-- Constraints of tables, but for NOT NULL. A foreign key's parts on partitions belong to it. Keys are
-- put together from their columns, as in catalog_indexes.
SELECT 'constraint' AS kind, k.tableoid AS class, k.oid, 0 AS sub,
       k.conrelid AS within, k.conname AS name,
       CASE k.contype WHEN 'c' THEN 'check' WHEN 'f' THEN 'foreign key' WHEN 'p' THEN 'primary key'
                      WHEN 'u' THEN 'unique' ELSE 'exclusion' END AS type,
       i.keys,
       CASE WHEN i.keys IS NOT NULL THEN NULL
            WHEN k.condeferrable OR NOT k.convalidated
            THEN regexp_replace(pg_get_constraintdef(k.oid),
                                '( NOT DEFERRABLE| DEFERRABLE)?( INITIALLY DEFERRED)?( NOT ENFORCED| NOT VALID)?$', '')
            ELSE pg_get_constraintdef(k.oid) END AS definition,
       CASE WHEN NOT k.convalidated THEN false END AS validated,
       CASE WHEN NOT k.convalidated AND pg_get_constraintdef(k.oid) ~ ' NOT ENFORCED$' THEN false END AS enforced,
       CASE WHEN k.condeferred THEN 'initially deferred' WHEN k.condeferrable THEN 'initially immediate' END
           AS deferrable,
       CASE WHEN k.coninhcount > 0 THEN true END AS inherited,
       CASE WHEN k.coninhcount > 0 AND k.conislocal THEN true END AS local,
       CASE WHEN NOT i.indisvalid THEN false END AS valid,
       nullif(i.indisclustered, false) AS clustered,
       nullif(i.indisreplident, false) AS replica_identity,
       s.spcname AS tablespace,
       CASE WHEN c.reloptions IS NOT NULL THEN ARRAY(SELECT o FROM unnest(c.reloptions) AS o ORDER BY 1) END AS options,
       CASE WHEN c.relname <> k.conname THEN c.relname END AS index,
       -- Asked for one by one: joined, a server that has not counted its rows yet reads all for each.
       (SELECT d.description FROM pg_description AS d
        WHERE d.classoid = 'pg_class'::regclass AND d.objoid = c.oid AND d.objsubid = 0) AS index_comment
FROM (VALUES (false, false)) AS absent (indnullsnotdistinct, conperiod)
CROSS JOIN LATERAL (SELECT *, k.tableoid, conperiod AS period FROM pg_constraint AS k WHERE k.oid >= 16384) AS k
LEFT JOIN LATERAL (
    SELECT i.*, CASE WHEN k.contype <> 'x' AND i.indnatts = i.indnkeyatts AND NOT indnullsnotdistinct AND NOT k.period
                     THEN i.indkey::text END AS keys
    FROM pg_index AS i
    WHERE i.indexrelid >= 16384
) AS i ON i.indexrelid = k.conindid AND k.contype IN ('p', 'u', 'x')
LEFT JOIN pg_class AS c ON c.oid = i.indexrelid
LEFT JOIN pg_tablespace AS s ON s.oid = c.reltablespace
-- The ledger's own are none of the user's, and putting their definitions together takes its time.
WHERE k.conrelid <> 0 AND k.contype NOT IN ('n', 't')
  AND k.connamespace NOT IN (SELECT n.oid FROM pg_namespace AS n WHERE n.nspname IN ('wishkit', 'wishkit_audit'))
  AND NOT (k.contype = 'f' AND k.conparentid <> 0)
