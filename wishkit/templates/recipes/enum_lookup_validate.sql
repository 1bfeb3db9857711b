-- every row of {table} has a name from {lookup}
-- transactional: false
-- {directives}

-- Each statement commits by itself: VALIDATE reads the table while clients read and write, and SET
-- NOT NULL finds it proven by the check and need not read it again.
ALTER TABLE {table} VALIDATE CONSTRAINT {foreign_key};
ALTER TABLE {table} VALIDATE CONSTRAINT {not_null};
ALTER TABLE {table} ALTER COLUMN {new_column} SET NOT NULL;
ALTER TABLE {table} DROP CONSTRAINT {not_null};
