-- Publications, with the tables and schemas in them. Columns that an older server does not have
-- are those of `absent`, to which a name refers when no nearer table has it.
SELECT 'publication' AS kind, p.*
FROM (VALUES (NULL::text)) AS absent (pubgencols)
CROSS JOIN LATERAL (
    SELECT p.tableoid AS class, p.oid, 0 AS sub, NULL::oid AS within, p.pubname AS name,
           pg_get_userbyid(p.pubowner) AS owner,
           nullif(p.puballtables, false) AS all_tables,
           CASE WHEN NOT p.pubinsert THEN false END AS insert, CASE WHEN NOT p.pubupdate THEN false END AS update,
           CASE WHEN NOT p.pubdelete THEN false END AS delete, CASE WHEN NOT p.pubtruncate THEN false END AS truncate,
           nullif(p.pubviaroot, false) AS via_root,
           CASE pubgencols::text WHEN 's' THEN 'stored' END AS generated_columns
    FROM pg_publication AS p
    WHERE (p.tableoid, p.oid) NOT IN ({members})
) AS p
