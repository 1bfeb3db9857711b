-- Relations by name (of an index, its table): how large, and which columns, constraints and
-- partitions. Reads only the catalog, so it needs no privilege on any of them. "measure" looks at
-- the files' sizes, which waits for whoever holds a table exclusively; without it they are as the
-- last VACUUM or ANALYZE found them. Where none ever came, rows are estimated as the planner does
-- (estimate_rel_size): from the pages, and the width that the columns' types suggest.
WITH RECURSIVE asked AS (
    SELECT a.schema, a.name, found.oid AS named, coalesce(i.indrelid, found.oid) AS oid, i.indkey
    FROM unnest(%(schemas)s::text[], %(names)s::text[]) AS a (schema, name)
    CROSS JOIN LATERAL (
        SELECT c.oid
        FROM pg_catalog.pg_class AS c
        JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
        WHERE c.relname = a.name
          AND CASE WHEN a.schema IS NULL
                   THEN n.nspname = ANY (pg_catalog.current_schemas(true))
                   ELSE n.nspname = a.schema END
        ORDER BY pg_catalog.array_position(pg_catalog.current_schemas(true), n.nspname)
        LIMIT 1) AS found
    LEFT JOIN pg_catalog.pg_index AS i ON i.indexrelid = found.oid
), family AS (
    SELECT DISTINCT oid AS root, oid FROM asked
    UNION
    SELECT f.root, h.inhrelid
    FROM family AS f JOIN pg_catalog.pg_inherits AS h ON h.inhparent = f.oid
), sized AS (
    SELECT f.root, f.oid, s.pages::bigint, s.bytes::bigint,
           CASE WHEN c.reltuples > 0 AND c.relpages > 0
                THEN pg_catalog.ceil(c.reltuples / c.relpages * s.pages)
                WHEN c.reltuples = 0 AND c.relpages > 0 THEN 0
                ELSE s.pages * pg_catalog.floor((b.size - 24) / (28 + width.bytes)) END::bigint
               AS rows,
           NOT %(measure)s AND c.relkind IN ('r', 'm') AND c.reltuples < 0 AS unknown
    FROM family AS f
    JOIN pg_catalog.pg_class AS c ON c.oid = f.oid
    LEFT JOIN pg_catalog.pg_class AS toast ON toast.oid = c.reltoastrelid
    CROSS JOIN (SELECT pg_catalog.current_setting('block_size')::int) AS b (size)
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(CASE WHEN a.attlen > 0 THEN a.attlen ELSE 32 END), 0)
        FROM pg_catalog.pg_attribute AS a
        WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS width (bytes)
    CROSS JOIN LATERAL (
        SELECT CASE WHEN c.relkind NOT IN ('r', 'm') THEN 0
                    WHEN %(measure)s THEN pg_catalog.pg_relation_size(c.oid) / b.size
                    ELSE c.relpages END,
               CASE WHEN toast.oid IS NULL THEN 0
                    WHEN %(measure)s THEN pg_catalog.pg_relation_size(toast.oid)
                    ELSE toast.relpages::bigint * b.size END) AS measured (pages, toast)
    CROSS JOIN LATERAL (
        SELECT measured.pages, measured.pages::bigint * b.size + measured.toast) AS s (pages, bytes)
), summed AS (
    SELECT root, bool_or(unknown) AS unknown, sum(rows)::bigint AS rows, sum(bytes)::bigint AS bytes,
           coalesce(sum(rows) FILTER (WHERE oid = root), 0)::bigint AS own_rows,
           coalesce(sum(bytes) FILTER (WHERE oid = root), 0)::bigint AS own_bytes
    FROM sized GROUP BY root
)
SELECT asked.schema, asked.name, n.nspname, c.relname, c.relkind::text,
       summed.rows, summed.bytes, summed.own_rows, summed.own_bytes,
       columns.list, constraints.list, partitions.list,
       coalesce((SELECT pg_catalog.jsonb_agg(a.attname ORDER BY k.place)
                 FROM pg_catalog.pg_constraint AS p
                 CROSS JOIN LATERAL unnest(p.conkey) WITH ORDINALITY AS k (attnum, place)
                 JOIN pg_catalog.pg_attribute AS a
                     ON a.attrelid = p.conrelid AND a.attnum = k.attnum
                 WHERE p.conrelid = asked.oid AND p.contype = 'p'), '[]') AS key,
       CASE WHEN asked.named <> asked.oid
            THEN coalesce((SELECT pg_catalog.jsonb_agg(a.attname ORDER BY k.place)
                           FROM unnest(asked.indkey::int2[]) WITH ORDINALITY AS k (attnum, place)
                           JOIN pg_catalog.pg_attribute AS a
                               ON a.attrelid = asked.oid AND a.attnum = k.attnum), '[]')
            END AS index_columns,
       coalesce((SELECT pg_catalog.jsonb_agg(t.name)
                 FROM (SELECT conname FROM pg_catalog.pg_constraint WHERE conrelid = asked.oid
                       UNION
                       SELECT i.relname FROM pg_catalog.pg_index AS x
                       JOIN pg_catalog.pg_class AS i ON i.oid = x.indexrelid
                       WHERE x.indrelid = asked.oid) AS t (name)), '[]') AS taken,
       summed.unknown
FROM asked
JOIN pg_catalog.pg_class AS c ON c.oid = asked.oid AND c.relkind IN ('r', 'p', 'm', 'f')
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
JOIN summed ON summed.root = asked.oid
CROSS JOIN LATERAL (
    SELECT coalesce(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_array(
               a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod), a.atttypid::bigint,
               a.atttypmod, a.attnotnull,
               EXISTS (SELECT FROM pg_catalog.pg_index AS i
                       WHERE i.indrelid = c.oid AND a.attnum = ANY (i.indkey::int2[]))
               OR EXISTS (SELECT FROM pg_catalog.pg_index AS i
                          JOIN pg_catalog.pg_depend AS d ON d.objid = i.indexrelid
                          WHERE i.indrelid = c.oid AND d.refobjid = c.oid
                            AND d.refobjsubid = a.attnum
                            AND d.classid = 'pg_catalog.pg_class'::regclass
                            AND d.refclassid = 'pg_catalog.pg_class'::regclass))), '[]')
    FROM pg_catalog.pg_attribute AS a
    WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS columns (list)
CROSS JOIN LATERAL (
    SELECT coalesce(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_array(
               o.conname, o.contype::text, o.convalidated,
               CASE WHEN o.contype = 'c' THEN pg_catalog.pg_get_constraintdef(o.oid) END,
               (SELECT pg_catalog.jsonb_agg(a.attname) FROM pg_catalog.pg_attribute AS a
                WHERE a.attrelid = c.oid AND a.attnum = ANY (o.conkey)))), '[]')
    FROM pg_catalog.pg_constraint AS o
    WHERE o.conrelid = c.oid AND o.contype IN ('c', 'f', 'n')) AS constraints (list)
CROSS JOIN LATERAL (
    SELECT coalesce(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_array(pn.nspname, p.relname)
                                         ORDER BY p.relname), '[]')
    FROM pg_catalog.pg_inherits AS h
    JOIN pg_catalog.pg_class AS p ON p.oid = h.inhrelid
    JOIN pg_catalog.pg_namespace AS pn ON pn.oid = p.relnamespace
    WHERE h.inhparent = c.oid) AS partitions (list)
