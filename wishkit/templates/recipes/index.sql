-- an index on {table}: {definition}
-- transactional: false
-- {directives}

-- CONCURRENTLY, because a plain CREATE INDEX makes every writer of the table wait until it is
-- built. That is why this file runs outside a transaction.
-- No IF NOT EXISTS: a build that was broken off leaves an index of this name that is INVALID, and
-- IF NOT EXISTS would take it for the finished one.
CREATE {unique}INDEX CONCURRENTLY {index}
    ON {table} {definition};
