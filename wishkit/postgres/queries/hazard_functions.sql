-- Functions by name, of which none gives another value for every row (manual, 36.7).
SELECT a.written
FROM unnest(%(written)s::text[], %(schemas)s::text[], %(names)s::text[]) AS a (written, schema, name)
JOIN pg_catalog.pg_proc AS p ON p.proname = a.name
JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
WHERE CASE WHEN a.schema IS NULL THEN n.nspname = ANY (pg_catalog.current_schemas(true))
           ELSE n.nspname = a.schema END
GROUP BY a.written
HAVING pg_catalog.bool_and(p.provolatile <> 'v')
