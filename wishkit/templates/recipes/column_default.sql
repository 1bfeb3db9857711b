-- {table} has {column}, and new rows get a value of their own
-- {directives}

-- In two statements: together they would make PostgreSQL write every row, as this default is
-- computed for each of them, while nobody may use the table. This way no row is written; old ones
-- are filled by the next migration.
ALTER TABLE {table} ADD COLUMN {column} {definition};
ALTER TABLE {table} ALTER COLUMN {column} SET DEFAULT {default};
