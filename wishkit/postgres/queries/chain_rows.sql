-- The rows of a table as the chain has them.
SELECT (SELECT pg_catalog.string_agg(r.told ->> k, '/') FROM pg_catalog.unnest(%(keys)s::text[]) AS k),
       pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(r.told::text, 'UTF8')), 'hex'),
       r.told ->> %(role)s::text
FROM (SELECT pg_catalog.jsonb_strip_nulls(pg_catalog.to_jsonb(t) - %(later)s::text[]) AS told
      FROM {table} AS t) AS r
