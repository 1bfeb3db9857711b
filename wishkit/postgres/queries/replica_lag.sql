-- Which replica is furthest behind, by how many seconds, and may this role see that of each?
SELECT coalesce(nullif(application_name, ''), client_addr::text, 'a replica') AS name,
       extract(epoch FROM replay_lag)::float8 AS seconds,
       bool_and(state IS NOT NULL) OVER () AS visible
FROM pg_catalog.pg_stat_replication
ORDER BY replay_lag DESC NULLS LAST LIMIT 1
