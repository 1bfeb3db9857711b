-- an index for "what did I wish for lately"
-- transactional: false
-- depends: 0007_add_wishlist

-- CONCURRENTLY, because a plain CREATE INDEX makes every writer of the table wait until it is
-- built. That is why this file runs outside a transaction, statement by statement.
-- No IF NOT EXISTS: a build that was broken off leaves an index of this name that is INVALID,
-- and IF NOT EXISTS would take it for the finished one. By hand: DROP INDEX CONCURRENTLY it,
-- then run this again.
-- Descending, so that the newest wishes are read off the front of one user's part of the index;
-- with user_id fixed an ascending index could be read backwards as well, but this one also
-- serves ORDER BY user_id, created_at DESC.
CREATE INDEX CONCURRENTLY idx_wishlist_user_created
    ON wishlist_items (user_id, created_at DESC);

COMMENT ON INDEX idx_wishlist_user_created IS 'One user''s latest wishes: newest first, without a sort.';
