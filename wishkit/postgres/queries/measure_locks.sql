-- Which relations a server process has locked, and how.
SELECT l.relation, l.mode
FROM pg_catalog.pg_locks AS l
WHERE l.pid = %(pid)s AND l.granted AND l.locktype = 'relation'
