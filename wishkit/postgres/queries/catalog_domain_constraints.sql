-- Constraints of domains. NOT NULL is told by the domain, unless it has a name of its own.
SELECT 'constraint' AS kind, k.tableoid AS class, k.oid, 0 AS sub, k.contypid AS within, k.conname AS name,
       CASE k.contype WHEN 'c' THEN 'check' ELSE 'not null' END AS type,
       regexp_replace(pg_get_constraintdef(k.oid), ' NOT VALID$', '') AS definition,
       CASE WHEN NOT k.convalidated THEN false END AS validated
FROM pg_constraint AS k
JOIN pg_type AS t ON t.oid = k.contypid
WHERE k.oid >= 16384
  AND (k.contype = 'c' OR length(k.conname) < 50 AND regexp_replace(k.conname, '_not_null[0-9]*$', '') <> t.typname
       OR EXISTS (SELECT FROM pg_description AS n WHERE n.classoid = k.tableoid AND n.objoid = k.oid))
