-- the check wishlist_items_share_token_check of wishlist_items goes away
--
-- No data is lost.

ALTER TABLE wishlist_items DROP CONSTRAINT wishlist_items_share_token_check;
