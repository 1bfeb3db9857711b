=== 0014_index_wish_list_lower_order_idx.sql
-- an index on "Old stuff"."Wish list": (lower("User"), "order" DESC)
-- transactional: false

-- CONCURRENTLY, because a plain CREATE INDEX makes every writer of the table wait until it is
-- built. That is why this file runs outside a transaction.
-- No IF NOT EXISTS: a build that was broken off leaves an index of this name that is INVALID, and
-- IF NOT EXISTS would take it for the finished one.
CREATE INDEX CONCURRENTLY "Wish list_lower_order_idx"
    ON "Old stuff"."Wish list" (lower("User"), "order" DESC);
=== 0014_index_wish_list_lower_order_idx.rollback.sql
-- the index "Wish list_lower_order_idx" goes away
--
-- No data is lost. Outside a transaction, as on the way forward: CONCURRENTLY lets the queries that
-- use the index finish first, without making new ones wait behind them.

DROP INDEX CONCURRENTLY "Old stuff"."Wish list_lower_order_idx";
