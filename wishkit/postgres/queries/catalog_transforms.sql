-- Transforms between types and languages.
SELECT 'transform' AS kind, t.tableoid AS class, t.oid, 0 AS sub, NULL::oid AS within,
       ARRAY[format_type(t.trftype, NULL), l.lanname::text] AS name,
       nullif(t.trffromsql, 0)::regprocedure::text AS from_sql,
       nullif(t.trftosql, 0)::regprocedure::text AS to_sql
FROM pg_transform AS t
JOIN pg_language AS l ON l.oid = t.trflang
WHERE (t.tableoid, t.oid) NOT IN ({members})
