-- the check {constraint} of {table} goes away
--
-- No data is lost.

ALTER TABLE {table} DROP CONSTRAINT {constraint};
