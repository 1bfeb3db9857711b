-- {table}.{new} under its old name again, {column}, with a copy under the new one
--
-- No data is lost. The copy is empty at first: the way back of the migration before fills it.

ALTER TABLE {table} RENAME COLUMN {new} TO {column};
ALTER TABLE {table} ADD COLUMN {new} {type};

{sync}
