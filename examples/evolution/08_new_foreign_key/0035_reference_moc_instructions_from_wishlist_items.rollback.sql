-- moc_id of wishlist_items may name anything again
--
-- No data is lost. Takes ACCESS EXCLUSIVE on both tables, for a moment: no row is read.

ALTER TABLE wishlist_items DROP CONSTRAINT wishlist_items_moc_id_fkey;
