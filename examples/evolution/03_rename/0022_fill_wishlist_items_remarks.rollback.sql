-- nothing to undo: wishlist_items.remarks holds what notes holds
-- transactional: true
--
-- allow: rows-lost the column goes with the way back of the migration before

SELECT;
