-- Sequences, with the column they belong to; that of an identity column is part of the column.
SELECT 'sequence' AS kind, c.tableoid AS class, c.oid, 0 AS sub, c.relnamespace AS within, c.relname AS name,
       pg_get_userbyid(c.relowner) AS owner,
       CASE c.relpersistence WHEN 'u' THEN 'unlogged' END AS persistence,
       CASE WHEN s.seqtypid <> 20 THEN s.seqtypid::regtype::text END AS type,
       CASE WHEN s.seqstart <> CASE WHEN s.seqincrement > 0 THEN s.seqmin ELSE s.seqmax END THEN s.seqstart END AS start,
       nullif(s.seqincrement, 1) AS increment,
       CASE WHEN s.seqmin <> CASE WHEN s.seqincrement > 0 THEN 1 ELSE -limits.top - 1 END THEN s.seqmin END AS minimum,
       CASE WHEN s.seqmax <> CASE WHEN s.seqincrement > 0 THEN limits.top ELSE -1 END THEN s.seqmax END AS maximum,
       nullif(s.seqcache, 1) AS cache,
       nullif(s.seqcycle, false) AS cycle,
       CASE d.deptype WHEN 'a' THEN ARRAY[n.nspname::text, r.relname::text, a.name] END AS owned_by,
       CASE d.deptype WHEN 'i' THEN ARRAY[n.nspname::text, r.relname::text, a.name] END AS identity_of
FROM pg_sequence AS s
JOIN pg_class AS c ON c.oid = s.seqrelid AND c.relpersistence <> 't'
CROSS JOIN LATERAL (SELECT CASE s.seqtypid WHEN 21 THEN 32767 WHEN 23 THEN 2147483647
                                           ELSE 9223372036854775807 END AS top) AS limits
LEFT JOIN pg_depend AS d ON d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.objsubid = 0
    AND d.refclassid = 'pg_class'::regclass AND d.refobjsubid > 0 AND d.deptype IN ('a', 'i')
LEFT JOIN pg_class AS r ON r.oid = d.refobjid
LEFT JOIN pg_namespace AS n ON n.oid = r.relnamespace
-- Asked for one by one: joined, all columns that there are would be read for a few sequences.
CROSS JOIN LATERAL (SELECT (SELECT a.attname::text FROM pg_attribute AS a
                            WHERE a.attrelid = d.refobjid AND a.attnum = d.refobjsubid) AS name) AS a
WHERE (c.tableoid, c.oid) NOT IN ({members})
