-- A non-transactional migration is complete: its journal has done its work.
DELETE FROM wishkit.step WHERE migration_id = %(id)s
