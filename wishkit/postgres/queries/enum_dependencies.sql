-- Everything that stands or falls with an enum: what depends on it, on its arrays, domains and
-- ranges, or in a way that ALTER COLUMN … TYPE refuses on a column of one of them. Plain indexes,
-- primary keys and unique constraints are rebuilt and not told. A function whose body is a string
-- depends on nothing: there, the type's name is looked for.
WITH RECURSIVE made_of AS (
    SELECT pg_catalog.to_regtype(%(type)s)::oid AS type
    UNION
    SELECT t.oid
    FROM made_of AS m
    JOIN (pg_catalog.pg_type AS t LEFT JOIN pg_catalog.pg_range AS r ON r.rngtypid = t.oid)
        ON m.type IN (t.typelem, t.typbasetype, r.rngsubtype, r.rngmultitypid)
), used AS (
    SELECT d.classid, d.objid, d.objsubid
    FROM made_of AS m
    JOIN pg_catalog.pg_depend AS d
        ON d.refclassid = 'pg_catalog.pg_type'::regclass AND d.refobjid = m.type
    WHERE d.deptype <> 'i'
    UNION
    SELECT d.classid, d.objid, d.objsubid
    FROM made_of AS m
    JOIN pg_catalog.pg_attribute AS a ON a.atttypid = m.type AND NOT a.attisdropped
    JOIN pg_catalog.pg_depend AS d
        ON d.refclassid = 'pg_catalog.pg_class'::regclass
        AND d.refobjid = a.attrelid AND d.refobjsubid = a.attnum
    LEFT JOIN pg_catalog.pg_constraint AS f
        ON d.classid = 'pg_catalog.pg_constraint'::regclass AND f.oid = d.objid
    LEFT JOIN pg_catalog.pg_attrdef AS v
        ON d.classid = 'pg_catalog.pg_attrdef'::regclass AND v.oid = d.objid
    WHERE d.classid IN (
              'pg_catalog.pg_rewrite'::regclass, 'pg_catalog.pg_policy'::regclass,
              'pg_catalog.pg_trigger'::regclass, 'pg_catalog.pg_proc'::regclass
          )
       OR f.contype = 'f'
       OR (v.adrelid, v.adnum) <> (a.attrelid, a.attnum) -- another column is generated from it
    UNION
    SELECT 'pg_catalog.pg_proc'::regclass, p.oid, 0
    FROM pg_catalog.pg_proc AS p
    JOIN pg_catalog.pg_type AS t ON t.oid = pg_catalog.to_regtype(%(type)s)
    WHERE p.prosrc ~ ('\m' || pg_catalog.regexp_replace(t.typname, '(\W)', '\\\1', 'g') || '\M')
)
SELECT CASE
           WHEN w.oid IS NOT NULL AND c.relkind = 'v' THEN 'view'
           WHEN w.oid IS NOT NULL AND c.relkind = 'm' THEN 'materialized view'
           WHEN t.typtype = 'd' THEN 'domain'
           WHEN t.typtype IN ('r', 'm') THEN 'range type'
           WHEN a.attgenerated IN ('s', 'v') THEN 'generated column'
           WHEN u.classid = 'pg_catalog.pg_attrdef'::regclass THEN 'default'
           WHEN a.attrelid IS NULL THEN i.type
           WHEN c.relkind IN ('r', 'p') AND y.typcategory = 'A' THEN 'array column'
           WHEN c.relkind IN ('r', 'p') THEN 'column'
           WHEN c.relkind = 'c' THEN 'composite type'
           ELSE i.type
       END,
       CASE
           WHEN w.oid IS NOT NULL AND c.relkind IN ('v', 'm') THEN w.ev_class::regclass::text
           WHEN a.attrelid IS NOT NULL
               THEN pg_catalog.format('%%s.%%I', a.attrelid::regclass, a.attname)
           ELSE i.identity
       END AS name,
       CASE WHEN c.relkind = 'r' THEN greatest(c.reltuples::bigint, 0) END,
       CASE WHEN c.relkind = 'r' THEN c.relpages::bigint END
FROM used AS u
CROSS JOIN LATERAL pg_catalog.pg_identify_object(u.classid, u.objid, u.objsubid) AS i
LEFT JOIN pg_catalog.pg_rewrite AS w
    ON u.classid = 'pg_catalog.pg_rewrite'::regclass AND w.oid = u.objid
LEFT JOIN pg_catalog.pg_attrdef AS v
    ON u.classid = 'pg_catalog.pg_attrdef'::regclass AND v.oid = u.objid
LEFT JOIN pg_catalog.pg_type AS t
    ON u.classid = 'pg_catalog.pg_type'::regclass AND t.oid = u.objid
LEFT JOIN pg_catalog.pg_attribute AS a
    ON (u.classid = 'pg_catalog.pg_class'::regclass AND u.objsubid > 0
        AND a.attrelid = u.objid AND a.attnum = u.objsubid)
    OR (a.attrelid = v.adrelid AND a.attnum = v.adnum)
LEFT JOIN pg_catalog.pg_type AS y ON y.oid = a.atttypid
LEFT JOIN pg_catalog.pg_class AS c ON c.oid = coalesce(a.attrelid, w.ev_class)
WHERE NOT (coalesce(c.relkind, '-') IN ('v', 'm') AND w.oid IS NULL) -- told by its rule
  AND NOT EXISTS ( -- a range type brings functions of its own
      SELECT FROM pg_catalog.pg_depend AS own
      WHERE own.classid = 'pg_catalog.pg_proc'::regclass AND own.classid = u.classid
        AND own.objid = u.objid AND own.deptype = 'i'
  )
ORDER BY 1, 2
