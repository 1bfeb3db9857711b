-- Policies of row security.
SELECT 'policy' AS kind, p.tableoid AS class, p.oid, 0 AS sub, p.polrelid AS within, p.polname AS name,
       CASE p.polcmd WHEN 'r' THEN 'select' WHEN 'a' THEN 'insert' WHEN 'w' THEN 'update' WHEN 'd' THEN 'delete' END
           AS command,
       CASE WHEN NOT p.polpermissive THEN true END AS restrictive,
       CASE WHEN p.polroles <> '{0}' THEN ARRAY(SELECT pg_get_userbyid(o)::text FROM unnest(p.polroles) AS o ORDER BY 1)
       END AS roles,
       pg_get_expr(p.polqual, p.polrelid) AS using,
       pg_get_expr(p.polwithcheck, p.polrelid) AS check
FROM pg_policy AS p
