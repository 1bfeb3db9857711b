-- Give this session its timeouts back.
SELECT pg_catalog.set_config(t.name, t.setting, false)
FROM ROWS FROM (unnest(%(names)s::text[]), unnest(%(settings)s::text[])) AS t (name, setting)
