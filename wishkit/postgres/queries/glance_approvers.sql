-- Who approves here, as `approver_last` has it, and who they are now.
SELECT a.environment, a.role::text, a.none, a.low, a.medium, a.high,
       extract(epoch FROM a.expires)::float8, a.set_by::text, a.set_at, d.oid IS NOT NULL,
       ARRAY(SELECT m.member::text FROM wishkit.members(a.role) AS m)
FROM wishkit.approver AS a
LEFT JOIN pg_catalog.pg_database AS d
       ON d.oid = a.database AND d.datname = pg_catalog.current_database()
WHERE d.oid IS NOT NULL OR a.environment = %(environment)s
ORDER BY a.id DESC
LIMIT 1
