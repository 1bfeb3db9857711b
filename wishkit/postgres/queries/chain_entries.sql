-- The chain, from its beginning.
SELECT id, (extract(epoch FROM at) * 1000000)::bigint, relation, key, role::text, content, hash
FROM wishkit.chain
ORDER BY id
