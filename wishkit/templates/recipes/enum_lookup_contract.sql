-- {table}.{column} goes: {new_column} and {lookup} have taken its place
-- phase: contract
-- {directives}

-- When no running release of the application reads or writes the old column. Its indexes go with
-- it: those that are needed have been built on the new one before, CONCURRENTLY.
DROP TRIGGER {trigger} ON {table};
DROP FUNCTION {function}();
ALTER TABLE {table} DROP COLUMN {column};
DROP TYPE {type};
