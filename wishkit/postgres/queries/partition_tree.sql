-- A partitioned table and everything below it, parents first; no rows: it is not partitioned.
WITH RECURSIVE tree AS (
    SELECT c.oid, NULL::oid AS parent, 1 AS level
    FROM pg_catalog.pg_class AS c
    WHERE c.oid = pg_catalog.to_regclass(%(table)s) AND c.relkind = 'p'
    UNION ALL
    SELECT h.inhrelid, h.inhparent, t.level + 1
    FROM tree AS t
    JOIN pg_catalog.pg_inherits AS h ON h.inhparent = t.oid AND NOT h.inhdetachpending
)
SELECT t.oid::regclass::text AS relation, t.parent::regclass::text AS parent,
       CASE WHEN pg_catalog.pg_table_is_visible(c.oid) THEN ''
            ELSE quote_ident(n.nspname) || '.' END AS prefix,
       c.relname AS name, c.relkind::text AS kind
FROM tree AS t
JOIN pg_catalog.pg_class AS c ON c.oid = t.oid
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
ORDER BY t.level, 1
