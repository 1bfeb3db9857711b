-- Conversions between encodings.
SELECT 'conversion' AS kind, c.tableoid AS class, c.oid, 0 AS sub, c.connamespace AS within, c.conname AS name,
       pg_get_userbyid(c.conowner) AS owner,
       pg_encoding_to_char(c.conforencoding) AS source, pg_encoding_to_char(c.contoencoding) AS target,
       c.conproc::regprocedure::text AS function, nullif(c.condefault, false) AS default
FROM pg_conversion AS c
WHERE c.oid >= 16384 AND (c.tableoid, c.oid) NOT IN ({members})
