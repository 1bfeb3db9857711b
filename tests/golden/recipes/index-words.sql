=== 0014_index_wishlist_items_tags.sql
-- an index on wishlist_items: USING gin (tags) WHERE tags <> '[]'
-- transactional: false

-- CONCURRENTLY, because a plain CREATE INDEX makes every writer of the table wait until it is
-- built. That is why this file runs outside a transaction.
-- No IF NOT EXISTS: a build that was broken off leaves an index of this name that is INVALID, and
-- IF NOT EXISTS would take it for the finished one.
CREATE INDEX CONCURRENTLY wishlist_items_tags_idx
    ON wishlist_items USING gin (tags) WHERE tags <> '[]';
=== 0014_index_wishlist_items_tags.rollback.sql
-- the index wishlist_items_tags_idx goes away
--
-- No data is lost. Outside a transaction, as on the way forward: CONCURRENTLY lets the queries that
-- use the index finish first, without making new ones wait behind them.

DROP INDEX CONCURRENTLY wishlist_items_tags_idx;
