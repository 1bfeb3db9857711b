-- Foreign data wrappers.
SELECT 'foreign data wrapper' AS kind, f.tableoid AS class, f.oid, 0 AS sub, NULL::oid AS within, f.fdwname AS name,
       pg_get_userbyid(f.fdwowner) AS owner,
       nullif(f.fdwhandler, 0)::regprocedure::text AS handler,
       nullif(f.fdwvalidator, 0)::regprocedure::text AS validator,
       ARRAY(SELECT o FROM unnest(f.fdwoptions) AS o ORDER BY 1) AS options
FROM pg_foreign_data_wrapper AS f
WHERE (f.tableoid, f.oid) NOT IN ({members})
