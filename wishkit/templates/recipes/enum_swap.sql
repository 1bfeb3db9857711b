-- {type} is replaced by a type with other values: {labels}
-- phase: contract
-- {directives}

-- Not for a table in use: it is rewritten while nobody may read it, and afterwards running sessions
-- fail until they plan their statements anew. To add, remove or rename a value needs none of this.
-- A new type has no comment and no grants: they are said again.
ALTER TYPE {type} RENAME TO {old_type};
CREATE TYPE {type} AS ENUM ({labels});
COMMENT ON TYPE {type} IS {comment};

-- A value that the new type lacks stops this, and all is as before.
ALTER TABLE {table}{drop_default}
    ALTER COLUMN {column} TYPE {type} USING {column}::text::{type}{set_default};

-- Without CASCADE: whatever else still uses the old type stops this.
DROP TYPE {old_type};
