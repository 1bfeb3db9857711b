-- Collations. The version of the library behind one is the machine's. Columns that an older server
-- does not have, or has by another name, are those of `absent`.
SELECT 'collation' AS kind, c.*
FROM (VALUES (NULL::text, NULL::text, NULL::text)) AS absent (colliculocale, colllocale, collicurules)
CROSS JOIN LATERAL (
    SELECT c.tableoid AS class, c.oid, 0 AS sub, c.collnamespace AS within, c.collname AS name,
           pg_get_userbyid(c.collowner) AS owner,
           CASE c.collprovider WHEN 'c' THEN 'libc' WHEN 'i' THEN 'icu' WHEN 'b' THEN 'builtin' END AS provider,
           -- Before 15 the locale of ICU was kept where libc's is.
           CASE WHEN c.collprovider = 'c' THEN c.collcollate::text
                ELSE coalesce(colllocale::text, colliculocale::text, c.collcollate::text) END AS locale,
           CASE WHEN c.collprovider = 'c' AND c.collctype <> c.collcollate THEN c.collctype::text END AS character_type,
           collicurules::text AS rules,
           CASE WHEN NOT c.collisdeterministic THEN false END AS deterministic
    FROM pg_collation AS c
    WHERE c.oid >= 16384 AND (c.tableoid, c.oid) NOT IN ({members})
) AS c
