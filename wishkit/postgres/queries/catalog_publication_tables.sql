-- Tables in a publication, each with the columns and rows that are published (since 15).
SELECT 'publication table' AS kind, t.tableoid AS class, t.oid, 0 AS sub, NULL::oid AS within,
       ARRAY[p.pubname::text, n.nspname::text, c.relname::text] AS name,
       CASE WHEN t.attributes IS NOT NULL THEN ARRAY(
           SELECT a.attname::text FROM unnest(t.attributes) AS k (number)
           JOIN pg_attribute AS a ON a.attrelid = t.prrelid AND a.attnum = k.number ORDER BY 1) END AS columns,
       pg_get_expr(t.condition, t.prrelid) AS where
FROM (VALUES (NULL::int2vector, NULL::pg_node_tree)) AS absent (prattrs, prqual)
CROSS JOIN LATERAL (SELECT r.tableoid, r.oid, r.prpubid, r.prrelid, prattrs::int2[] AS attributes, prqual AS condition
                    FROM pg_publication_rel AS r) AS t
JOIN pg_publication AS p ON p.oid = t.prpubid
JOIN pg_class AS c ON c.oid = t.prrelid
JOIN pg_namespace AS n ON n.oid = c.relnamespace
