-- One more portion of a statement is done.
UPDATE wishkit.step SET position = %(position)s, rows = %(rows)s
WHERE migration_id = %(id)s AND statement = %(statement)s
