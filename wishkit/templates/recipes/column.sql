-- {table} has {column}
-- {directives}

-- No row is written: PostgreSQL notes down what old rows have in a new column. The lock (ACCESS
-- EXCLUSIVE: readers and writers wait) is over at once.
ALTER TABLE {table} ADD COLUMN {column} {definition};
