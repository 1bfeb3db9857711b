-- An index of this name, in the schema of this table: is it there, is it whole, what is it, is it
-- the table's own, and is somebody still at work on its table in a way that building it would be?
-- The table is looked up as the migration's session would.
SELECT i.indexrelid::regclass::text AS name,
       t.relnamespace::regnamespace::text AS schema,
       i.indisvalid AND i.indisready AND i.indislive AS valid,
       pg_catalog.pg_get_indexdef(i.indexrelid) AS definition,
       i.indrelid = t.oid AS own,
       (SELECT min(l.pid) FROM pg_catalog.pg_locks AS l
        WHERE l.relation = i.indrelid AND l.granted AND l.mode = 'ShareUpdateExclusiveLock'
          AND l.database = (SELECT oid FROM pg_catalog.pg_database
                            WHERE datname = pg_catalog.current_database())
          AND l.pid <> pg_catalog.pg_backend_pid()) AS builder
FROM pg_catalog.pg_class AS t
JOIN pg_catalog.pg_class AS c ON c.relnamespace = t.relnamespace
JOIN pg_catalog.pg_index AS i ON i.indexrelid = c.oid
WHERE c.relname = %(index)s AND t.oid = pg_catalog.to_regclass(%(table)s)
