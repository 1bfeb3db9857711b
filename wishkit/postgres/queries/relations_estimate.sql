-- How many relations there are, as the statistics know them; -1 where nobody has looked yet.
SELECT reltuples::bigint FROM pg_catalog.pg_class WHERE oid = 'pg_catalog.pg_class'::regclass
