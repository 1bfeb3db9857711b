-- This session's name, which everybody sees in pg_stat_activity.
SELECT pg_catalog.set_config('application_name', %(name)s, false)
