-- an index on wishlist_items: (moc_id)
-- transactional: false

-- CONCURRENTLY, because a plain CREATE INDEX makes every writer of the table wait until it is
-- built. That is why this file runs outside a transaction.
-- No IF NOT EXISTS: a build that was broken off leaves an index of this name that is INVALID, and
-- IF NOT EXISTS would take it for the finished one.
CREATE INDEX CONCURRENTLY wishlist_items_moc_id_idx
    ON wishlist_items (moc_id);

COMMENT ON INDEX wishlist_items_moc_id_idx IS 'Finds the wishes whose moc_id becomes null when instructions are deleted.';
