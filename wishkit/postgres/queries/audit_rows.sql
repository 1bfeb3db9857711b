-- What was changed outside wishkit, newest first?
SELECT at, tag, object_type, object_identity, role, acting_as, application, address::text, query
FROM wishkit_audit.ddl
ORDER BY id DESC
LIMIT %(limit)s
