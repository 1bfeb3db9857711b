-- Which of these tables may hold rows, and how many the planner believes there are (-1: it was
-- never analysed). A table without a single page is empty for certain; "all" asks for those too,
-- as looking at a size has to wait for whoever holds the table exclusively.
SELECT t.name, c.reltuples::bigint
FROM unnest(%(tables)s::text[]) AS t (name)
JOIN pg_catalog.pg_class AS c ON c.oid = pg_catalog.to_regclass(t.name)
WHERE c.relkind IN ('r', 'p', 'm', 'f')
  AND CASE WHEN %(all)s OR c.relkind IN ('p', 'f') THEN true
           ELSE pg_catalog.pg_relation_size(c.oid) > 0 END
