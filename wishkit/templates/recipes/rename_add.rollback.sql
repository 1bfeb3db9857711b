-- {table}.{column} under its old name only
--
-- No data is lost: all that is in {new} is in {column} too.

DROP TRIGGER {trigger} ON {table};
DROP FUNCTION {function}();
ALTER TABLE {table} DROP COLUMN {new};
