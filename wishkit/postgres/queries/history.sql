-- Everything that was ever done with one migration here, newest last.
SELECT e.started_at AT TIME ZONE 'UTC' AS at_utc, e.direction, e.outcome, r.role::text,
       r.os_user, r.host, r.tool_version,
       extract(epoch FROM e.ended_at - e.started_at)::float8 AS seconds, r.reason,
       -- By way of JSON, which has no word for a column that the first version does not have.
       ARRAY(SELECT pg_catalog.jsonb_array_elements_text(
           CASE pg_catalog.jsonb_typeof(j.accepted) WHEN 'array' THEN j.accepted END)) AS accepted,
       ARRAY(SELECT pg_catalog.jsonb_array_elements_text(
           CASE pg_catalog.jsonb_typeof(j.killed) WHEN 'array' THEN j.killed END)) AS killed
FROM wishkit.execution AS e JOIN wishkit.run AS r ON r.id = e.run_id
CROSS JOIN LATERAL (SELECT pg_catalog.to_jsonb(e) -> 'accepted',
                           pg_catalog.to_jsonb(e) -> 'killed') AS j (accepted, killed)
WHERE e.migration_id = %(id)s
ORDER BY e.id
