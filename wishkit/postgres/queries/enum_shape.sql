-- An enum as it has to stand in SQL, its labels in order, and the columns of it that are no
-- partition's own; the labels are NULL for a type that is no enum.
SELECT t.oid::regtype::text AS name,
       CASE WHEN t.typtype = 'e' THEN ARRAY(
           SELECT e.enumlabel::text FROM pg_catalog.pg_enum AS e
           WHERE e.enumtypid = t.oid ORDER BY e.enumsortorder) END AS labels,
       ARRAY(SELECT ARRAY[c.oid::regclass::text, pg_catalog.quote_ident(a.attname), a.attname::text]
             FROM pg_catalog.pg_attribute AS a
             JOIN pg_catalog.pg_class AS c ON c.oid = a.attrelid AND c.relkind IN ('r', 'p')
             WHERE a.atttypid = t.oid AND NOT a.attisdropped AND a.attinhcount = 0
             ORDER BY 1) AS columns
FROM pg_catalog.pg_type AS t
WHERE t.oid = pg_catalog.to_regtype(%(type)s)
