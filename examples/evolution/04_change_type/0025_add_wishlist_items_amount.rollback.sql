-- the price of a wish as text only
--
-- No data is lost: every amount is in price too.

DROP TRIGGER wishlist_items_price_and_amount ON wishlist_items;
DROP FUNCTION wishlist_items_price_and_amount();
ALTER TABLE wishlist_items DROP COLUMN amount;
