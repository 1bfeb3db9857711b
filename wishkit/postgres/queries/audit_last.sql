-- Who changed each of these objects last, outside wishkit, since a moment? Names without quotes,
-- what belongs to a table behind it: schema.table.trigger.
SELECT DISTINCT ON (d.name) d.name, d.at, d.tag, d.role, d.application
FROM (
    SELECT pg_catalog.replace(
               pg_catalog.regexp_replace(object_identity, '^(.+) on (.+)$', '\2.\1'), '"', '') AS name,
           id, at, tag, role, application
    FROM wishkit_audit.ddl
    WHERE at > coalesce(%(since)s::timestamptz, '-infinity')
) AS d
WHERE d.name = ANY (%(names)s)
ORDER BY d.name, d.id DESC
