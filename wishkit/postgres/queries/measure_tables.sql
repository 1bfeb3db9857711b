-- The tables that are meant by these names, or whose indexes are, ready to be put into SQL.
SELECT DISTINCT pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(t.relname)
FROM unnest(%(names)s::text[]) AS a (name)
JOIN pg_catalog.pg_class AS c ON c.oid = pg_catalog.to_regclass(a.name)
LEFT JOIN pg_catalog.pg_index AS i ON i.indexrelid = c.oid
JOIN pg_catalog.pg_class AS t ON t.oid = coalesce(i.indrelid, c.oid)
JOIN pg_catalog.pg_namespace AS n ON n.oid = t.relnamespace
WHERE t.relkind IN ('r', 'p')
