-- Triggers by which the server keeps a foreign key, where somebody has disabled them; those of a
-- partition are told with the foreign key of the whole.
WITH RECURSIVE disabled (root, parent, told) AS (
    SELECT k.oid, k.conparentid, g.tgrelid::regclass::text || ' ' || f.proname || ': '
           || CASE g.tgenabled WHEN 'D' THEN 'disabled' WHEN 'R' THEN 'replica' ELSE 'always' END
    FROM pg_trigger AS g
    JOIN pg_constraint AS k ON k.oid = g.tgconstraint
    JOIN pg_proc AS f ON f.oid = g.tgfoid
    WHERE g.tgisinternal AND g.tgenabled <> 'O'
    UNION ALL
    SELECT k.oid, k.conparentid, d.told
    FROM disabled AS d
    JOIN pg_constraint AS k ON k.oid = d.parent
)
SELECT 'pg_constraint'::regclass::oid AS class, d.root AS oid, 0 AS sub,
       array_agg(DISTINCT d.told ORDER BY d.told) AS triggers
FROM disabled AS d
WHERE d.parent = 0
GROUP BY d.root
