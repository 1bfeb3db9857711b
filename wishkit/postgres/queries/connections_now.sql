-- Who is connected now, wishkit itself left out; to weak roles all clients look alike.
SELECT
    a.usename::text AS login,
    a.datname::text AS database,
    count(*)::int AS number
FROM pg_catalog.pg_stat_activity AS a
WHERE
    a.usename IS NOT NULL
    AND a.datname IS NOT NULL
    AND coalesce(a.backend_type, 'client backend') = 'client backend'
    AND NOT starts_with(a.application_name, 'wishkit ')
GROUP BY a.usename, a.datname
ORDER BY a.usename, a.datname
