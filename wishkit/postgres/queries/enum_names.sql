-- The enums that somebody may have meant, as they are written in this session.
SELECT t.oid::regtype::text
FROM pg_catalog.pg_type AS t
WHERE t.typtype = 'e'
ORDER BY 1
