-- {columns} of {table} names only what is there in {parent}
-- {directives}

-- NOT VALID: what is written is checked from now on, but what is there already is not read. So the
-- lock on both tables (SHARE ROW EXCLUSIVE: writers wait) is over at once. The next migration
-- reads the old rows, under a lock that lets writers go on.
-- An index on {columns} is there before: without one, deleting from
-- {parent} would read the whole of {table} each time.
ALTER TABLE {table}
    ADD CONSTRAINT {constraint}
    {definition}
    NOT VALID;
