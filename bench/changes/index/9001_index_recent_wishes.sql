-- an index for what was wished for lately
-- transactional: false
-- irreversible: a measurement

CREATE INDEX CONCURRENTLY idx_wishlist_user_created ON wishlist_items (user_id, created_at DESC);
