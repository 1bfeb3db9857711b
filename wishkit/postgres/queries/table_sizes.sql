-- Which of these tables may hold rows, and how many the planner believes there are (-1: it was
-- never analysed). A table without a single page is empty for certain; nothing is locked to know.
SELECT t.name, c.reltuples::bigint
FROM unnest(%(tables)s::text[]) AS t (name)
JOIN pg_catalog.pg_class AS c ON c.oid = pg_catalog.to_regclass(t.name)
WHERE c.relkind IN ('r', 'p', 'm', 'f')
  AND (c.relkind IN ('p', 'f') OR pg_catalog.pg_relation_size(c.oid) > 0)
