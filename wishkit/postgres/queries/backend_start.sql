-- When did this server process begin? Asked as the session's own user: an assumed role may not see it.
-- As JSON writes it, which is the same whatever the session's DateStyle.
SELECT pg_catalog.to_json(backend_start) #>> '{}' AS start
FROM pg_catalog.pg_stat_activity WHERE pid = %(pid)s
