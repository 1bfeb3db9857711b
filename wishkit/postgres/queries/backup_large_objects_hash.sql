-- How many large objects there are, and the sum of the hashes of their contents.
SELECT count(*), coalesce(sum(hashtextextended(m.oid::text || ' ' || sha256(lo_get(m.oid))::text, 0)), 0)::text
FROM pg_catalog.pg_largeobject_metadata AS m
