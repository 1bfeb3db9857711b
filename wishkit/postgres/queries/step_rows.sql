-- The journal of one non-transactional migration.
SELECT statement, direction, sql, ended_at IS NOT NULL AS done
FROM wishkit.step WHERE migration_id = %(id)s ORDER BY statement
