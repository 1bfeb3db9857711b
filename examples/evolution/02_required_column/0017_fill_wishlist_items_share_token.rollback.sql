-- nothing to undo: every row of wishlist_items has its share_token
-- transactional: true
--
-- allow: rows-lost the column goes with the way back of the migration before

SELECT;
