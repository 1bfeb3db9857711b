-- Constraints of tables. A foreign key's parts on partitions belong to it. NOT NULL is
-- told by the column, unless there is more to say than a server before 18 could.
SELECT 'constraint' AS kind, k.tableoid AS class, k.oid, 0 AS sub,
       k.conrelid AS within, k.conname AS name,
       CASE k.contype WHEN 'c' THEN 'check' WHEN 'f' THEN 'foreign key' WHEN 'p' THEN 'primary key'
                      WHEN 'u' THEN 'unique' WHEN 'x' THEN 'exclusion' ELSE 'not null' END AS type,
       CASE WHEN k.condeferrable OR NOT k.convalidated
            THEN regexp_replace(pg_get_constraintdef(k.oid),
                                '( NOT DEFERRABLE| DEFERRABLE)?( INITIALLY DEFERRED)?( NOT ENFORCED| NOT VALID)?$', '')
            ELSE pg_get_constraintdef(k.oid) END AS definition,
       CASE WHEN NOT k.convalidated THEN false END AS validated,
       CASE WHEN NOT k.convalidated AND pg_get_constraintdef(k.oid) ~ ' NOT ENFORCED$' THEN false END AS enforced,
       CASE WHEN k.condeferred THEN 'initially deferred' WHEN k.condeferrable THEN 'initially immediate' END
           AS deferrable,
       CASE WHEN k.coninhcount > 0 THEN true END AS inherited,
       CASE WHEN k.coninhcount > 0 AND k.conislocal THEN true END AS local,
       CASE WHEN NOT i.indisvalid THEN false END AS valid,
       nullif(i.indisclustered, false) AS clustered,
       nullif(i.indisreplident, false) AS replica_identity,
       s.spcname AS tablespace,
       CASE WHEN c.reloptions IS NOT NULL THEN ARRAY(SELECT o FROM unnest(c.reloptions) AS o ORDER BY 1) END AS options,
       CASE WHEN c.relname <> k.conname THEN c.relname END AS index,
       d.description AS index_comment
FROM pg_constraint AS k
LEFT JOIN pg_class AS r ON k.contype = 'n' AND r.oid = k.conrelid
LEFT JOIN pg_attribute AS a ON k.contype = 'n' AND a.attrelid = k.conrelid AND a.attnum = k.conkey[1]
LEFT JOIN pg_index AS i ON k.contype IN ('p', 'u', 'x') AND i.indexrelid = k.conindid
LEFT JOIN pg_class AS c ON c.oid = i.indexrelid
LEFT JOIN pg_description AS d ON d.classoid = c.tableoid AND d.objoid = c.oid AND d.objsubid = 0
LEFT JOIN pg_tablespace AS s ON s.oid = c.reltablespace
WHERE k.oid >= 16384 AND k.conrelid <> 0 AND k.contype <> 't' AND NOT (k.contype = 'f' AND k.conparentid <> 0)
  AND CASE WHEN k.contype <> 'n' THEN true
           WHEN NOT k.convalidated OR k.connoinherit THEN true
           WHEN k.coninhcount > 0 AND NOT k.conislocal THEN false
           WHEN EXISTS (SELECT FROM pg_description AS n WHERE n.classoid = k.tableoid AND n.objoid = k.oid) THEN true
           WHEN length(k.conname) >= 50 THEN k.conname !~ '_not_null[0-9]*$'
           ELSE regexp_replace(k.conname, '_not_null[0-9]*$', '') <> r.relname || '_' || a.attname
      END
