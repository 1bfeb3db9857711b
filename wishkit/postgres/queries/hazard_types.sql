-- Types by name: what they are below any domain, and whether a domain of them has constraints.
WITH RECURSIVE asked AS (
    SELECT a.schema, a.name, a.is_array, found.oid
    FROM unnest(%(schemas)s::text[], %(names)s::text[], %(arrays)s::bool[])
        AS a (schema, name, is_array)
    CROSS JOIN LATERAL (
        SELECT CASE WHEN a.is_array THEN t.typarray ELSE t.oid END
        FROM pg_catalog.pg_type AS t
        JOIN pg_catalog.pg_namespace AS n ON n.oid = t.typnamespace
        WHERE t.typname = a.name
          AND CASE WHEN a.schema IS NULL
                   THEN n.nspname = ANY (pg_catalog.current_schemas(true))
                   ELSE n.nspname = a.schema END
        ORDER BY pg_catalog.array_position(pg_catalog.current_schemas(true), n.nspname)
        LIMIT 1) AS found (oid)
    UNION
    SELECT NULL, NULL, false, o.oid::oid FROM unnest(%(oids)s::bigint[]) AS o (oid)
), below AS (
    SELECT schema, name, is_array, oid AS top, oid, -1 AS modifier, false AS constrained FROM asked
    UNION ALL
    SELECT b.schema, b.name, b.is_array, b.top, t.typbasetype, t.typtypmod,
           b.constrained OR t.typnotnull
           OR EXISTS (SELECT FROM pg_catalog.pg_constraint AS c WHERE c.contypid = t.oid)
    FROM below AS b JOIN pg_catalog.pg_type AS t ON t.oid = b.oid AND t.typtype = 'd'
)
SELECT b.schema, b.name, b.is_array, b.top::bigint, b.oid::bigint, b.modifier, b.constrained
FROM below AS b JOIN pg_catalog.pg_type AS t ON t.oid = b.oid AND t.typtype <> 'd'
