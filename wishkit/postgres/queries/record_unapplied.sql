-- No text is applied any more; wishkit.script and wishkit.execution keep what was.
DELETE FROM wishkit.applied WHERE migration_id = %(id)s
