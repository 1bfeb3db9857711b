-- NOT NULL, which has been a constraint since 18. It is told by the column, unless there is more to
-- say than an older server could: a name of its own, a comment, NOT VALID, NO INHERIT.
SELECT 'constraint' AS kind, k.tableoid AS class, k.oid, 0 AS sub, k.conrelid AS within, k.conname AS name,
       'not null' AS type,
       regexp_replace(pg_get_constraintdef(k.oid), ' NOT VALID$', '') AS definition,
       CASE WHEN NOT k.convalidated THEN false END AS validated,
       CASE WHEN k.coninhcount > 0 THEN true END AS inherited,
       CASE WHEN k.coninhcount > 0 AND k.conislocal THEN true END AS local
FROM pg_constraint AS k
JOIN pg_class AS c ON c.oid = k.conrelid
JOIN pg_attribute AS a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[1] AND a.attnum > 0
WHERE k.contype = 'n' AND k.oid >= 16384
  AND (NOT k.convalidated OR k.connoinherit
       OR k.oid IN (SELECT n.objoid FROM pg_description AS n WHERE n.classoid = 'pg_constraint'::regclass)
       OR (k.coninhcount = 0 OR k.conislocal)
          AND k.conname <> c.relname || '_' || a.attname || '_not_null'
          -- What the server itself shortens, or numbers because the name is taken.
          AND CASE WHEN length(k.conname) >= 50 THEN k.conname !~ '_not_null[0-9]*$'
                   ELSE regexp_replace(k.conname, '_not_null[0-9]*$', '') <> c.relname || '_' || a.attname END)
