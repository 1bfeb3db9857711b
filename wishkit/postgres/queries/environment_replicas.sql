-- Who replicates from here and how far behind they are, in seconds; of a standby, itself.
SELECT coalesce(nullif(r.application_name, ''), r.usename::text, 'a replica'), r.state,
       extract(epoch FROM r.replay_lag)::float8
FROM pg_catalog.pg_stat_replication AS r
WHERE r.state IS DISTINCT FROM 'backup'
ORDER BY 1
