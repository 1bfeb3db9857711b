-- The chain, from its beginning; of all tables or of some.
SELECT id, (extract(epoch FROM at) * 1000000)::bigint, relation, key, role::text, content, hash
FROM wishkit.chain
WHERE relation = ANY (coalesce(%(tables)s::text[], ARRAY[relation]))
ORDER BY id
