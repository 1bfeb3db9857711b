-- wishlist_items.notes under its old name only
--
-- No data is lost: all that is in remarks is in notes too.

DROP TRIGGER wishlist_items_notes_and_remarks ON wishlist_items;
DROP FUNCTION wishlist_items_notes_and_remarks();
ALTER TABLE wishlist_items DROP COLUMN remarks;
