-- rows of {table} may be alike in {columns} again
-- transactional: true
--
-- No data is lost. The index goes with its constraint.

ALTER TABLE {table} DROP CONSTRAINT {constraint};
