-- Casts. That of a range to its multirange comes with the type.
SELECT 'cast' AS kind, c.tableoid AS class, c.oid, 0 AS sub, NULL::oid AS within,
       ARRAY[format_type(c.castsource, NULL), format_type(c.casttarget, NULL)] AS name,
       nullif(c.castfunc, 0)::regprocedure::text AS function,
       CASE c.castmethod WHEN 'b' THEN 'binary coercible' WHEN 'i' THEN 'in and out' END AS method,
       CASE c.castcontext WHEN 'a' THEN 'assignment' WHEN 'i' THEN 'implicit' END AS context
FROM pg_cast AS c
WHERE c.oid >= 16384 AND (c.tableoid, c.oid) NOT IN ({members})
  AND c.oid NOT IN (SELECT objid FROM pg_depend WHERE classid = 'pg_cast'::regclass AND deptype = 'i')
