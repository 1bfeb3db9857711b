-- {table}.{column} is NOT NULL
-- {directives}

-- By itself, SET NOT NULL reads the whole table while nobody may use it. The validated check
-- proves that no row is NULL, so nothing is read (manual, ALTER TABLE, SET NOT NULL), and the lock
-- (ACCESS EXCLUSIVE: readers and writers wait) is over at once.
ALTER TABLE {table} ALTER COLUMN {column} SET NOT NULL;

-- It has done its work. A statement of its own: in one ALTER TABLE the check would be dropped
-- before it is looked at.
ALTER TABLE {table} DROP CONSTRAINT {constraint};
