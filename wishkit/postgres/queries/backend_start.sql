-- When did this server process begin? Asked as the session's own user: an assumed role may not see it.
SELECT backend_start FROM pg_catalog.pg_stat_activity WHERE pid = %(pid)s
