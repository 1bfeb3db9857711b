-- A table's rows as the planner believes; -1 when it was never analysed. No row: no such table.
SELECT c.reltuples::bigint
FROM pg_catalog.pg_class AS c
WHERE c.oid = pg_catalog.to_regclass(%(table)s) AND c.relkind IN ('r', 'p', 'm')
