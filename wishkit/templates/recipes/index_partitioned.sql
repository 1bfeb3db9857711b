-- an index on {table}: {definition}
-- transactional: false
-- {directives}

-- PostgreSQL cannot build the index of a partitioned table CONCURRENTLY, and a plain CREATE INDEX
-- makes every writer wait until it is built on all partitions. So the table's own index comes
-- first, without theirs, and INVALID; partitions made from now on get theirs with it. Then each
-- partition gets one, CONCURRENTLY, and with the last one that is attached the table's is valid.
{statements}
