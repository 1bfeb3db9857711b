-- {table}.{column} in two forms: the enum, and a name from {lookup}
-- phase: expand
-- {directives}

CREATE TABLE {lookup} (
    name     text    PRIMARY KEY,
    position integer NOT NULL UNIQUE
);
COMMENT ON TABLE {lookup} IS {lookup_comment};
COMMENT ON COLUMN {lookup}.name IS 'What rows refer to.';
COMMENT ON COLUMN {lookup}.position IS 'Order of the choices, lowest first.';
INSERT INTO {lookup} (name, position)
SELECT value::text, number FROM unnest(enum_range(NULL::{type})) WITH ORDINALITY AS v (value, number);

-- NOT VALID, because rows from before have no name yet; whatever is written from now on obeys.
ALTER TABLE {table}
    ADD COLUMN {new_column} text,
    ADD CONSTRAINT {foreign_key} FOREIGN KEY ({new_column}) REFERENCES {lookup} (name) NOT VALID,
    ADD CONSTRAINT {not_null} CHECK ({new_column} IS NOT NULL) NOT VALID;
COMMENT ON COLUMN {table}.{new_column} IS {column_comment};

-- Releases of the application before and after the change write one form each; this writes the
-- other. Names that the enum lacks are refused until it is gone.
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
