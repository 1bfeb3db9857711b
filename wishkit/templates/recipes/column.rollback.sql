-- {table} has no {column}
--
-- WHAT IS IN THE COLUMN IS LOST. No row is written: the column only becomes invisible.

ALTER TABLE {table} DROP COLUMN {column};
