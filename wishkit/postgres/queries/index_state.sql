-- An index of this name on this table: is it there, is it whole, what is it, and is somebody still
-- at work on its table in a way that building it would be?
-- The table is looked up as the migration's session would.
SELECT i.indexrelid::regclass::text AS name,
       i.indisvalid AND i.indisready AND i.indislive AS valid,
       pg_catalog.pg_get_indexdef(i.indexrelid) AS definition,
       (SELECT min(l.pid) FROM pg_catalog.pg_locks AS l
        WHERE l.relation = i.indrelid AND l.granted AND l.mode = 'ShareUpdateExclusiveLock'
          AND l.database = (SELECT oid FROM pg_catalog.pg_database
                            WHERE datname = pg_catalog.current_database())
          AND l.pid <> pg_catalog.pg_backend_pid()) AS builder
FROM pg_catalog.pg_index AS i
JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid
WHERE c.relname = %(index)s AND i.indrelid = pg_catalog.to_regclass(%(table)s)
