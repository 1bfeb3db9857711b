-- wishlist_items.remarks holds what notes holds
-- transactional: false
-- batch: id 1000
-- phase: expand
-- depends: 0021_add_wishlist_items_remarks_for_notes

-- Rows from before the new name have nothing in remarks yet.
-- Batch by batch, each a transaction of its own, so that no row is locked for long and a run that
-- was broken off goes on with the next batch.
UPDATE wishlist_items SET remarks = notes WHERE remarks IS DISTINCT FROM notes;
