-- INVALID indexes among those that a REINDEX is about: did a cancelled REINDEX CONCURRENTLY leave
-- them, and who is still at work on their table in a way that building them would be?
-- REINDEX, "Rebuilding Indexes Concurrently": what it leaves is named after the index it was for,
-- _ccnew or _ccold, with a number where that name was taken. Names are cut to 63 bytes.
WITH RECURSIVE reached AS (
    SELECT c.oid
    FROM pg_catalog.pg_class AS c
    WHERE CASE %(kind)s
          WHEN 'relation' THEN c.oid = pg_catalog.to_regclass(%(name)s)
          WHEN 'schema' THEN c.relnamespace = pg_catalog.to_regnamespace(%(name)s)
          ELSE c.relkind IN ('r', 'm', 'p')
          END
    UNION
    SELECT below.oid
    FROM reached AS r
    CROSS JOIN LATERAL (
        SELECT c.reltoastrelid AS oid FROM pg_catalog.pg_class AS c WHERE c.oid = r.oid
        UNION ALL
        SELECT h.inhrelid FROM pg_catalog.pg_inherits AS h
        JOIN pg_catalog.pg_class AS c ON c.oid = h.inhrelid AND c.relispartition
        WHERE h.inhparent = r.oid
    ) AS below
), named AS (
    SELECT i.indexrelid, i.indrelid, c.relname,
           pg_catalog.regexp_replace(c.relname, '_cc(new|old)[0-9]*$', '') AS stem
    FROM pg_catalog.pg_index AS i
    JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid
    WHERE c.relkind = 'i' AND NOT (i.indisvalid AND i.indisready AND i.indislive)
), invalid AS (
    SELECT n.indexrelid, n.indrelid,
           EXISTS (
               SELECT FROM pg_catalog.pg_index AS o
               JOIN pg_catalog.pg_class AS c ON c.oid = o.indexrelid
               WHERE n.stem <> n.relname AND o.indrelid = n.indrelid
                 AND (c.relname = n.stem
                      OR octet_length(n.relname) >= 60 AND starts_with(c.relname, n.stem))
                 AND (o.indexrelid IN (SELECT oid FROM reached)
                      OR o.indrelid IN (SELECT oid FROM reached))
           ) AS leftover
    FROM named AS n
)
SELECT v.indexrelid::regclass::text AS name, v.leftover,
       (SELECT min(l.pid) FROM pg_catalog.pg_locks AS l
        WHERE l.relation = v.indrelid AND l.granted AND l.mode = 'ShareUpdateExclusiveLock'
          AND l.database = (SELECT oid FROM pg_catalog.pg_database
                            WHERE datname = pg_catalog.current_database())
          AND l.pid <> pg_catalog.pg_backend_pid()) AS builder
FROM invalid AS v
WHERE v.leftover OR v.indexrelid IN (SELECT oid FROM reached)
   OR v.indrelid IN (SELECT oid FROM reached)
ORDER BY 1
