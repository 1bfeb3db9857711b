-- Which relations are meant by names as this session finds them, and by what hangs on them?
WITH RECURSIVE spreading AS (
    SELECT pg_catalog.to_regclass(w.name)::oid AS relation, w.mode, w.reach, w.spread
    FROM ROWS FROM (
        unnest(%(names)s::text[]), unnest(%(modes)s::int[]), unnest(%(reaches)s::text[]),
        unnest(%(spreads)s::boolean[])
    ) AS w (name, mode, reach, spread)
    WHERE pg_catalog.to_regclass(w.name) IS NOT NULL
    UNION
    SELECT i.inhrelid, s.mode, s.reach, true
    FROM spreading AS s
    JOIN pg_catalog.pg_inherits AS i ON i.inhparent = s.relation
    WHERE s.spread
)
SELECT DISTINCT r.relation, s.mode
FROM spreading AS s
CROSS JOIN LATERAL (
    SELECT s.relation WHERE s.reach IS NULL
    UNION ALL
    SELECT x.indrelid FROM pg_catalog.pg_index AS x
    WHERE s.reach = 'TABLE' AND x.indexrelid = s.relation
    UNION ALL
    SELECT i.inhparent FROM pg_catalog.pg_inherits AS i
    WHERE s.reach = 'PARENT' AND i.inhrelid = s.relation
    UNION ALL
    SELECT p.partdefid FROM pg_catalog.pg_partitioned_table AS p
    WHERE s.reach = 'DEFAULT_PARTITION' AND p.partrelid = s.relation AND p.partdefid <> 0
    UNION ALL
    SELECT c.confrelid FROM pg_catalog.pg_constraint AS c
    WHERE s.reach = 'REFERENCED' AND c.contype = 'f' AND c.conrelid = s.relation
    UNION ALL
    SELECT c.conrelid FROM pg_catalog.pg_constraint AS c
    WHERE s.reach = 'REFERENCING' AND c.contype = 'f' AND c.confrelid = s.relation
) AS r (relation)
