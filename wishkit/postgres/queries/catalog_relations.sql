-- Tables, views and what else has columns; yoyo's own tables are none of the user's.
SELECT CASE c.relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view'
                      WHEN 'f' THEN 'foreign table' ELSE 'table' END AS kind,
       c.tableoid AS class, c.oid, 0 AS sub, c.relnamespace AS within, c.relname AS name,
       pg_get_userbyid(c.relowner) AS owner,
       CASE c.relpersistence WHEN 'u' THEN 'unlogged' END AS persistence,
       CASE WHEN a.amname <> 'heap' THEN a.amname END AS access_method,
       CASE WHEN c.reloptions IS NOT NULL OR toast.reloptions IS NOT NULL THEN ARRAY(
           SELECT o FROM unnest(c.reloptions) AS o
           UNION ALL SELECT 'toast.' || o FROM unnest(toast.reloptions) AS o ORDER BY 1) END AS options,
       CASE c.relreplident WHEN 'f' THEN 'full' WHEN 'n' THEN CASE WHEN c.relkind NOT IN ('v', 'f') THEN 'nothing' END
       END AS replica_identity,
       nullif(c.relrowsecurity, false) AS row_security,
       nullif(c.relforcerowsecurity, false) AS force_row_security,
       CASE WHEN NOT c.relispopulated THEN false END AS populated,
       s.spcname AS tablespace,
       CASE WHEN c.reloftype <> 0 THEN c.reloftype::regtype::text END AS of_type,
       CASE WHEN c.relkind = 'p' THEN pg_get_partkeydef(c.oid) END AS partition_key,
       CASE WHEN c.relispartition THEN pg_get_expr(c.relpartbound, c.oid) END AS partition_bound,
       CASE WHEN c.relispartition THEN parent.names[1] END AS partition_of,
       CASE WHEN NOT c.relispartition THEN parent.names END AS inherits,
       parent.detaching AS detach_pending,
       f.srvname AS server,
       CASE WHEN t.ftoptions IS NOT NULL THEN ARRAY(SELECT o FROM unnest(t.ftoptions) AS o ORDER BY 1) END
           AS foreign_options,
       CASE WHEN c.relkind IN ('v', 'm') THEN pg_get_viewdef(c.oid) END AS definition
FROM pg_class AS c
LEFT JOIN pg_am AS a ON a.oid = c.relam
LEFT JOIN pg_tablespace AS s ON s.oid = c.reltablespace
LEFT JOIN pg_class AS toast ON toast.oid = c.reltoastrelid AND toast.reloptions IS NOT NULL
LEFT JOIN pg_foreign_table AS t ON t.ftrelid = c.oid
LEFT JOIN pg_foreign_server AS f ON f.oid = t.ftserver
LEFT JOIN (SELECT inhrelid, array_agg(inhparent::regclass::text ORDER BY inhseqno) AS names,
                  nullif(bool_or(inhdetachpending), false) AS detaching
           FROM pg_inherits GROUP BY inhrelid) AS parent ON parent.inhrelid = c.oid
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND c.oid >= 16384 AND c.relpersistence <> 't'
  AND c.relname NOT IN ('_yoyo_migration', '_yoyo_log', '_yoyo_version', 'yoyo_lock')
  AND (c.tableoid, c.oid) NOT IN ({members})
