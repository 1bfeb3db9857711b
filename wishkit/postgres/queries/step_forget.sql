-- A statement failed and did not take effect.
DELETE FROM wishkit.step
WHERE migration_id = %(id)s AND statement = %(statement)s AND ended_at IS NULL
