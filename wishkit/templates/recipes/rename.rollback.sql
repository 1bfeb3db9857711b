-- {table}.{new} under its old name again, {column}, with a copy under the new one
-- allow: rows-lost the copy is empty until the way back of the migration before fills it
--
-- No data is lost: all that was in the copy is in {column} too.

ALTER TABLE {table} RENAME COLUMN {new} TO {column};
ALTER TABLE {table} ADD COLUMN {new} {type};

{sync}
