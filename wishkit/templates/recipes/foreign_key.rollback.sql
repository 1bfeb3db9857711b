-- {columns} of {table} may name anything again
--
-- No data is lost. Takes ACCESS EXCLUSIVE on both tables, for a moment: no row is read.

ALTER TABLE {table} DROP CONSTRAINT {constraint};
