=== 0014_fill_wishlist_items_priority.sql
-- UPDATE wishlist_items SET priority = 1 WHERE priority = 0
-- transactional: false
-- batch: id 1000

-- Say here why.
-- Batch by batch, each a transaction of its own, so that no row is locked for long and a run that
-- was broken off goes on with the next batch.
UPDATE wishlist_items SET priority = 1 WHERE priority = 0;
=== 0014_fill_wishlist_items_priority.rollback.sql
-- nothing to undo: UPDATE wishlist_items SET priority = 1 WHERE priority = 0
-- transactional: true
--
-- WHAT STOOD IN THESE ROWS BEFORE IS KEPT NOWHERE. If other columns tell it, say here how.

SELECT;
