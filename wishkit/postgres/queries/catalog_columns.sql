-- Columns of tables and views; their positions count dropped ones as well, which the reader undoes.
-- A default refers to no column, so it can be told without its table, which is quicker.
SELECT 'column' AS kind, 1259::oid AS class, a.attrelid AS oid, a.attnum AS sub, a.attrelid AS within,
       a.attname AS name,
       a.attnum::int AS position,
       format_type(a.atttypid, a.atttypmod) AS type,
       nullif(a.attnotnull, false) AS not_null,
       CASE WHEN a.attgenerated = '' THEN pg_get_expr(d.adbin, 0) END AS default,
       CASE a.attidentity WHEN 'a' THEN 'always' WHEN 'd' THEN 'by default' END AS identity,
       CASE a.attgenerated WHEN 's' THEN 'stored' WHEN 'v' THEN 'virtual' END AS generated,
       CASE WHEN a.attgenerated <> '' THEN pg_get_expr(d.adbin, d.adrelid) END AS expression,
       CASE WHEN a.attcollation NOT IN (t.typcollation, 0) THEN a.attcollation::regcollation::text END AS collation,
       CASE WHEN a.attstorage <> t.typstorage AND c.relkind <> 'v' THEN
           CASE a.attstorage WHEN 'p' THEN 'plain' WHEN 'e' THEN 'external' WHEN 'x' THEN 'extended'
                             WHEN 'm' THEN 'main' END END AS storage,
       CASE a.attcompression WHEN 'p' THEN 'pglz' WHEN 'l' THEN 'lz4' END AS compression,
       nullif(a.attstattarget, -1) AS statistics,
       CASE WHEN a.attoptions IS NOT NULL THEN ARRAY(SELECT o FROM unnest(a.attoptions) AS o ORDER BY 1) END AS options,
       CASE WHEN a.attfdwoptions IS NOT NULL THEN ARRAY(SELECT o FROM unnest(a.attfdwoptions) AS o ORDER BY 1) END
           AS foreign_options,
       CASE WHEN a.attinhcount > 0 THEN true END AS inherited,
       CASE WHEN a.attinhcount > 0 AND a.attislocal THEN true END AS local
FROM pg_attribute AS a
JOIN pg_class AS c ON c.oid = a.attrelid AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND c.oid >= 16384
JOIN pg_type AS t ON t.oid = a.atttypid
LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum AND a.atthasdef
WHERE a.attnum > 0 AND NOT a.attisdropped AND a.attrelid >= 16384
