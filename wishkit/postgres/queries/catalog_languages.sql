-- Procedural languages.
SELECT 'language' AS kind, l.tableoid AS class, l.oid, 0 AS sub, NULL::oid AS within, l.lanname AS name,
       pg_get_userbyid(l.lanowner) AS owner,
       nullif(l.lanpltrusted, false) AS trusted,
       nullif(l.lanplcallfoid, 0)::regprocedure::text AS handler,
       nullif(l.laninline, 0)::regprocedure::text AS inline,
       nullif(l.lanvalidator, 0)::regprocedure::text AS validator
FROM pg_language AS l
WHERE l.oid >= 16384 AND l.lanispl AND (l.tableoid, l.oid) NOT IN ({members})
