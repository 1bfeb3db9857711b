-- {table}.{column} in one form, the enum

DROP TRIGGER {trigger} ON {table};
DROP FUNCTION {function}();
ALTER TABLE {table} DROP COLUMN {new_column};
DROP TABLE {lookup};
