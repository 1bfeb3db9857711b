-- an index on wishlist_items: (user_id, set_number)
-- transactional: false

-- CONCURRENTLY, because a plain CREATE INDEX makes every writer of the table wait until it is
-- built. That is why this file runs outside a transaction.
-- No IF NOT EXISTS: a build that was broken off leaves an index of this name that is INVALID, and
-- IF NOT EXISTS would take it for the finished one.
CREATE INDEX CONCURRENTLY wishlist_items_user_id_set_number_idx
    ON wishlist_items (user_id, set_number);

COMMENT ON INDEX wishlist_items_user_id_set_number_idx IS 'Whether a set is on the wishlist already: asked before one is added.';
