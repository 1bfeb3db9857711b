-- An index of this name in the schema of its table: is it there, is it whole, what is it?
-- The table is looked up as the migration's session would.
SELECT i.indexrelid::regclass::text AS name,
       i.indisvalid AND i.indisready AND i.indislive AS valid,
       pg_catalog.pg_get_indexdef(i.indexrelid) AS definition
FROM pg_catalog.pg_index AS i
JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid
WHERE c.relname = %(index)s AND i.indrelid = pg_catalog.to_regclass(%(table)s)
