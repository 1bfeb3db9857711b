-- rows of {table} may lack a name from {lookup} again
-- transactional: true

ALTER TABLE {table}
    ALTER COLUMN {new_column} DROP NOT NULL,
    DROP CONSTRAINT {foreign_key},
    ADD CONSTRAINT {foreign_key} FOREIGN KEY ({new_column}) REFERENCES {lookup} (name) NOT VALID,
    ADD CONSTRAINT {not_null} CHECK ({new_column} IS NOT NULL) NOT VALID;
