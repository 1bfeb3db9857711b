-- How large are these tables, with their partitions, the table of an index for the index? In JSON,
-- because it is asked in messages that cannot carry parameters. It must not fail and must not wait:
-- names are looked up without their schema's privileges, and while somebody holds a table
-- exclusively its size is as the last VACUUM or ANALYZE found it. Rows as the planner estimates.
WITH RECURSIVE asked AS (
    SELECT a.name, coalesce(i.indrelid, found.oid) AS oid
    FROM pg_catalog.jsonb_array_elements(%(names)s::jsonb) AS a (name)
    CROSS JOIN LATERAL (
        SELECT c.oid
        FROM pg_catalog.pg_class AS c
        JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
        WHERE c.relname = a.name ->> 1
          AND CASE WHEN a.name ->> 0 IS NULL
                   THEN n.nspname = ANY (pg_catalog.current_schemas(true))
                   ELSE n.nspname = a.name ->> 0 END
        ORDER BY pg_catalog.array_position(pg_catalog.current_schemas(true), n.nspname)
        LIMIT 1) AS found
    LEFT JOIN pg_catalog.pg_index AS i ON i.indexrelid = found.oid
), family AS (
    SELECT DISTINCT oid AS root, oid FROM asked
    UNION
    SELECT f.root, h.inhrelid
    FROM family AS f JOIN pg_catalog.pg_inherits AS h ON h.inhparent = f.oid
), sized AS (
    SELECT f.root, c.oid, c.reltuples, c.relpages, m.pages, m.toast
    FROM family AS f
    JOIN pg_catalog.pg_class AS c ON c.oid = f.oid AND c.relkind IN ('r', 'm')
    LEFT JOIN pg_catalog.pg_class AS t ON t.oid = c.reltoastrelid
    CROSS JOIN (SELECT pg_catalog.current_setting('block_size')::bigint) AS b (size)
    CROSS JOIN LATERAL (
        SELECT EXISTS (SELECT FROM pg_catalog.pg_locks AS l
                       WHERE l.relation IN (c.oid, t.oid) AND l.mode = 'AccessExclusiveLock'
                         AND l.granted AND l.pid IS DISTINCT FROM pg_catalog.pg_backend_pid()
                         AND l.database = (SELECT d.oid FROM pg_catalog.pg_database AS d
                                           WHERE d.datname = pg_catalog.current_database()))
    ) AS held (by_others)
    CROSS JOIN LATERAL (
        SELECT CASE WHEN held.by_others THEN c.relpages
                    ELSE pg_catalog.pg_relation_size(c.oid) / b.size END,
               CASE WHEN t.oid IS NULL THEN 0
                    WHEN held.by_others THEN t.relpages
                    ELSE pg_catalog.pg_relation_size(t.oid) / b.size END) AS m (pages, toast)
)
SELECT pg_catalog.jsonb_object_agg(r.name, pg_catalog.jsonb_build_array(r.rows, r.bytes))
FROM (
    SELECT pg_catalog.format('%%I.%%I', n.nspname, c.relname) AS name,
           coalesce(sum(CASE WHEN s.relpages > 0 AND s.reltuples >= 0
                             THEN s.reltuples / s.relpages * s.pages
                             ELSE s.pages * pg_catalog.floor((b.size - 24) / (28 + w.bytes))
                             END), 0)::bigint AS rows,
           coalesce(sum((s.pages + s.toast) * b.size), 0)::bigint AS bytes
    FROM (SELECT DISTINCT oid FROM asked) AS a
    JOIN pg_catalog.pg_class AS c ON c.oid = a.oid AND c.relkind IN ('r', 'm', 'p')
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    CROSS JOIN (SELECT pg_catalog.current_setting('block_size')::bigint) AS b (size)
    LEFT JOIN sized AS s ON s.root = a.oid
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(CASE WHEN k.attlen > 0 THEN k.attlen ELSE 32 END), 0)
        FROM pg_catalog.pg_attribute AS k
        WHERE k.attrelid = a.oid AND k.attnum > 0 AND NOT k.attisdropped) AS w (bytes)
    GROUP BY n.nspname, c.relname
) AS r
