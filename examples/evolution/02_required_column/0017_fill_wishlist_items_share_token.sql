-- every row of wishlist_items has its share_token
-- transactional: false
-- batch: id 1000
-- depends: 0016_add_wishlist_items_share_token

-- Rows from before the column have no value in it yet.
-- Batch by batch, each a transaction of its own, so that no row is locked for long and a run that
-- was broken off goes on with the next batch.
UPDATE wishlist_items SET share_token = DEFAULT WHERE share_token IS NULL;
