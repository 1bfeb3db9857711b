-- Definitions of indexes that turn out to be more than plain.
SELECT i AS index, pg_get_indexdef(i) AS definition FROM unnest(%(indexes)s::oid[]) AS i
