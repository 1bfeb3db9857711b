-- Schemas in a publication, which there are since 15.
SELECT 'publication schema' AS kind, s.tableoid AS class, s.oid, 0 AS sub, NULL::oid AS within,
       ARRAY[p.pubname::text, n.nspname::text] AS name
FROM pg_publication_namespace AS s
JOIN pg_publication AS p ON p.oid = s.pnpubid
JOIN pg_namespace AS n ON n.oid = s.pnnspid
