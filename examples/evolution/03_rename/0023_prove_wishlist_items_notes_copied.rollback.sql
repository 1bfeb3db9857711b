-- wishlist_items.remarks holds what notes holds, after the way back
-- transactional: false
-- batch: id 1000
--
-- No data is lost. The way back of the next migration makes the column of the new name anew, empty
-- in all rows but those written since.

UPDATE wishlist_items SET remarks = notes WHERE remarks IS DISTINCT FROM notes;
