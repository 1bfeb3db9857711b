-- {table}.{column} is back, beside {new_column}
-- transactional: false

-- The values as they were; a row that has got a name since that is none of them stops this, and
-- has to be given another one first. The column comes last in the table now.
CREATE TYPE {type} AS ENUM ({labels});
COMMENT ON TYPE {type} IS {comment};

ALTER TABLE {table} ADD COLUMN {column} {type};
COMMENT ON COLUMN {table}.{column} IS {column_comment};

CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $both$
BEGIN
    IF NEW.{column} IS NULL
       OR TG_OP = 'UPDATE' AND NEW.{column} = OLD.{column}
          AND NEW.{new_column} IS DISTINCT FROM OLD.{new_column} THEN
        NEW.{column} := NEW.{new_column};
    ELSE
        NEW.{new_column} := NEW.{column};
    END IF;
    RETURN NEW;
END
$both$;
CREATE TRIGGER {trigger} BEFORE INSERT OR UPDATE ON {table}
    FOR EACH ROW EXECUTE FUNCTION {function}();

-- All rows at once. Of a large table that is in use, do it in batches by hand before.
UPDATE {table} SET {column} = {new_column}::{type} WHERE {column} IS NULL;
ALTER TABLE {table} ADD CONSTRAINT {not_null} CHECK ({column} IS NOT NULL) NOT VALID;
ALTER TABLE {table} VALIDATE CONSTRAINT {not_null};
ALTER TABLE {table} ALTER COLUMN {column} SET NOT NULL;
ALTER TABLE {table} DROP CONSTRAINT {not_null};

-- The indexes that went with the column.
{indexes}
