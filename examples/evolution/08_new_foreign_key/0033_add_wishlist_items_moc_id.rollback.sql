-- wishlist_items has no moc_id
--
-- WHAT IS IN THE COLUMN IS LOST. No row is written: the column only becomes invisible.

ALTER TABLE wishlist_items DROP COLUMN moc_id;
