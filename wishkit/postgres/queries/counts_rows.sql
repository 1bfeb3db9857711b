-- Whether the server counts the rows that are written, and whether this role may have it do so.
SELECT pg_catalog.current_setting('track_counts')::bool,
       CASE WHEN r.rolsuper AND NOT pg_catalog.current_setting('track_counts')::bool THEN
           pg_catalog.set_config('track_counts', 'on', true)
       END IS NOT NULL
FROM pg_catalog.pg_roles AS r
WHERE r.rolname = current_user
