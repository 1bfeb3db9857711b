-- the check wishlist_items_piece_count_check of wishlist_items goes away
--
-- No data is lost.

ALTER TABLE wishlist_items DROP CONSTRAINT wishlist_items_piece_count_check;
