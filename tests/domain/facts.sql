-- The schema of the example database as sorted facts, one a line; the ledger is left out.
WITH ours AS (
    SELECT c.oid, c.relname
    FROM pg_class c
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
      AND c.relname NOT IN ('_yoyo_migration', '_yoyo_log', '_yoyo_version', 'yoyo_lock')
)
SELECT format('table %s', relname)
FROM ours
UNION ALL
SELECT format('%s.%s %s%s%s', ours.relname, a.attname,
              replace(replace(format_type(a.atttypid, a.atttypmod),
                              'timestamp with time zone', 'timestamptz'),
                      'timestamp without time zone', 'timestamp'),
              CASE WHEN EXISTS (SELECT FROM pg_constraint k
                                WHERE k.conrelid = ours.oid AND k.contype = 'p'
                                  AND a.attnum = ANY (k.conkey)) THEN ' PK'
                   WHEN a.attnotnull THEN ' NN' END,
              ' =' || regexp_replace(pg_get_expr(d.adbin, d.adrelid), '::[a-z_]+(\[\])?$', ''))
FROM ours
JOIN pg_attribute a ON a.attrelid = ours.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
UNION ALL
SELECT format('%s %s on %s (%s)%s', CASE WHEN i.indisunique THEN 'unique' ELSE 'index' END,
              c.relname, ours.relname,
              (SELECT string_agg(pg_get_indexdef(i.indexrelid, n, true)
                                 || CASE WHEN i.indoption[n - 1] & 1 = 1 THEN ' desc' ELSE '' END,
                                 ', ' ORDER BY n)
               FROM generate_series(1, i.indnkeyatts) AS n),
              ' where ' || regexp_replace(pg_get_expr(i.indpred, i.indrelid, true),
                                          '::[a-z_]+', '', 'g'))
       || CASE WHEN i.indisvalid AND am.amname = 'btree' THEN '' ELSE ' INVALID' END
FROM ours
JOIN pg_index i ON i.indrelid = ours.oid AND NOT i.indisprimary
JOIN pg_class c ON c.oid = i.indexrelid
JOIN pg_am am ON am.oid = c.relam
UNION ALL
SELECT CASE k.contype
           WHEN 'f' THEN format('reference %s.%s → %s(%s) on delete %s', ours.relname,
                                fk.attname, k.confrelid::regclass, pk.attname,
                                CASE k.confdeltype WHEN 'a' THEN 'no action' WHEN 'c' THEN 'cascade'
                                                   WHEN 'n' THEN 'set null' END)
           ELSE format('check %s on %s: %s', k.conname, ours.relname,
                       pg_get_expr(k.conbin, k.conrelid, true))
       END || CASE WHEN k.convalidated THEN '' ELSE ' not valid' END
FROM ours
JOIN pg_constraint k ON k.conrelid = ours.oid AND k.contype IN ('f', 'c')
LEFT JOIN pg_attribute fk ON fk.attrelid = k.conrelid AND fk.attnum = k.conkey[1] AND k.contype = 'f'
LEFT JOIN pg_attribute pk ON pk.attrelid = k.confrelid AND pk.attnum = k.confkey[1]
UNION ALL
SELECT format('enum %s = %s', t.typname,
              (SELECT string_agg(enumlabel, ', ' ORDER BY enumsortorder)
               FROM pg_enum WHERE enumtypid = t.oid))
FROM pg_type t
WHERE t.typtype = 'e' AND t.typnamespace = 'public'::regnamespace
