-- Triggers of the user's. Their copies on partitions are told only where they are enabled otherwise.
SELECT 'trigger' AS kind, g.tableoid AS class, g.oid, 0 AS sub, g.tgrelid AS within, g.tgname AS name,
       pg_get_triggerdef(g.oid) AS definition,
       CASE g.tgenabled WHEN 'D' THEN 'disabled' WHEN 'R' THEN 'replica' WHEN 'A' THEN 'always'
                        ELSE CASE WHEN parent.oid IS NOT NULL THEN 'origin' END END AS enabled,
       CASE WHEN parent.oid IS NOT NULL THEN parent.tgrelid::regclass::text END AS copied_from
FROM pg_trigger AS g
LEFT JOIN pg_trigger AS parent ON parent.oid = g.tgparentid
WHERE NOT g.tgisinternal AND g.oid >= 16384
  AND (parent.oid IS NULL OR parent.tgenabled <> g.tgenabled)
  AND (g.tableoid, g.oid) NOT IN ({members})
