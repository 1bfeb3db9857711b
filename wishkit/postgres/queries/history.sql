-- Everything that was ever done with one migration here, newest last.
SELECT e.started_at AT TIME ZONE 'UTC' AS at_utc, e.direction, e.outcome, r.role::text,
       r.os_user, r.host, r.tool_version,
       extract(epoch FROM e.ended_at - e.started_at)::float8 AS seconds, r.reason
FROM wishkit.execution AS e JOIN wishkit.run AS r ON r.id = e.run_id
WHERE e.migration_id = %(id)s
ORDER BY e.id
