-- no two rows of {table} are alike in {columns}
-- transactional: false
-- {directives}

-- The index comes first, CONCURRENTLY: ADD UNIQUE by itself would build it while nobody can read
-- or write the table. Rows that are alike make it fail. To see them:
--     SELECT {columns}, count(*) FROM {table} WHERE {present} GROUP BY {columns} HAVING count(*) > 1;
-- No IF NOT EXISTS: a build that was broken off leaves an index of this name that is INVALID, and
-- IF NOT EXISTS would take it for the finished one.
CREATE UNIQUE INDEX CONCURRENTLY {constraint}
    ON {table} {definition};

-- The constraint takes the finished index over. The lock (ACCESS EXCLUSIVE: readers and writers
-- wait) is over at once: no row is read.
ALTER TABLE {table} ADD CONSTRAINT {constraint} UNIQUE USING INDEX {constraint};
