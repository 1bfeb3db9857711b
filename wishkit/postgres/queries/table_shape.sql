-- A table as recipes need to know it: its columns, constraints and indexes, every name as it has to
-- stand in SQL. What stands before USING in the definition of an index is its name and table.
SELECT pg_catalog.quote_ident(n.nspname) AS schema,
       pg_catalog.quote_ident(c.relname) AS name,
       c.relkind AS kind,
       pg_catalog.pg_relation_filenode(c.oid) AS filenode,
       coalesce((
           SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
                      'name', pg_catalog.quote_ident(a.attname),
                      'type', pg_catalog.format_type(a.atttypid, a.atttypmod)
                              || coalesce(' COLLATE ' || CASE WHEN a.attcollation <> t.typcollation
                                                              THEN a.attcollation::regcollation::text END, ''),
                      'required', a.attnotnull,
                      'generated', a.attgenerated <> '' OR a.attidentity <> '') ORDER BY a.attnum)
           FROM pg_catalog.pg_attribute AS a
           JOIN pg_catalog.pg_type AS t ON t.oid = a.atttypid
           WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped), '[]') AS columns,
       coalesce((
           SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
                      'name', pg_catalog.quote_ident(k.conname),
                      'kind', k.contype,
                      'definition', pg_catalog.regexp_replace(pg_catalog.pg_get_constraintdef(k.oid),
                                                              ' NOT VALID$', ''),
                      'valid', k.convalidated,
                      'columns', ARRAY(
                          SELECT pg_catalog.quote_ident(a.attname)
                          FROM unnest(k.conkey) WITH ORDINALITY AS u (number, place)
                          JOIN pg_catalog.pg_attribute AS a
                              ON a.attrelid = k.conrelid AND a.attnum = u.number
                          ORDER BY u.place),
                      'target', k.confrelid::text,
                      'target_columns', ARRAY(
                          SELECT pg_catalog.quote_ident(a.attname)
                          FROM unnest(k.confkey) WITH ORDINALITY AS u (number, place)
                          JOIN pg_catalog.pg_attribute AS a
                              ON a.attrelid = k.confrelid AND a.attnum = u.number
                          ORDER BY u.place)) ORDER BY k.conname)
           FROM pg_catalog.pg_constraint AS k
           WHERE k.conrelid = c.oid AND k.contype IN ('c', 'f', 'p', 'u')), '[]') AS constraints,
       coalesce((
           SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
                      'name', pg_catalog.quote_ident(ic.relname),
                      'definition', pg_catalog.regexp_replace(pg_catalog.pg_get_indexdef(ic.oid),
                                                              '^.*? USING ', ''),
                      'unique', i.indisunique,
                      'valid', i.indisvalid,
                      'whole', i.indpred IS NULL,
                      'columns', ARRAY(
                          SELECT coalesce(pg_catalog.quote_ident(a.attname), '')
                          FROM unnest(i.indkey::smallint[]) WITH ORDINALITY AS u (number, place)
                          LEFT JOIN pg_catalog.pg_attribute AS a
                              ON a.attrelid = i.indrelid AND a.attnum = u.number AND a.attnum > 0
                          WHERE u.place <= i.indnkeyatts
                          ORDER BY u.place))
                      ORDER BY i.indisprimary DESC, ic.relname)
           FROM pg_catalog.pg_index AS i
           JOIN pg_catalog.pg_class AS ic ON ic.oid = i.indexrelid
           WHERE i.indrelid = c.oid), '[]') AS indexes,
       c.oid::text AS id
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.oid = pg_catalog.to_regclass(%(name)s)
  AND c.oid >= 16384 -- FirstNormalObjectId (transam.h): below are the system's own
