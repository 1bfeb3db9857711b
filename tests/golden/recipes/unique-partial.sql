=== 0014_index_sets_lower.sql
-- an index on sets: (lower(title)) WHERE is_built
-- transactional: false

-- CONCURRENTLY, because a plain CREATE INDEX makes every writer of the table wait until it is
-- built. That is why this file runs outside a transaction.
-- No IF NOT EXISTS: a build that was broken off leaves an index of this name that is INVALID, and
-- IF NOT EXISTS would take it for the finished one.
CREATE UNIQUE INDEX CONCURRENTLY sets_lower_idx
    ON sets (lower(title)) WHERE is_built;
=== 0014_index_sets_lower.rollback.sql
-- the index sets_lower_idx goes away
--
-- No data is lost. Outside a transaction, as on the way forward: CONCURRENTLY lets the queries that
-- use the index finish first, without making new ones wait behind them.

DROP INDEX CONCURRENTLY sets_lower_idx;
