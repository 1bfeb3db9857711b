-- Values of every enum, or of one, in order, and whether its name alone stands for it.
SELECT n.nspname::text, t.typname::text, pg_catalog.pg_type_is_visible(t.oid),
       pg_catalog.array_agg(e.enumlabel::text ORDER BY e.enumsortorder)
FROM pg_catalog.pg_type AS t
JOIN pg_catalog.pg_namespace AS n ON n.oid = t.typnamespace
JOIN pg_catalog.pg_enum AS e ON e.enumtypid = t.oid
WHERE %(type)s::text IS NULL OR t.oid = pg_catalog.to_regtype(%(type)s)
GROUP BY t.oid, n.nspname, t.typname
