-- the price of a wish as a number only
-- phase: contract
-- depends: 0027_prove_wishlist_items_amount

-- Run this when no release that knows price is running any more. No CASCADE: a view that still
-- reads the column stops this. The lock (ACCESS EXCLUSIVE: readers and writers wait) is over at once.
DROP TRIGGER wishlist_items_price_and_amount ON wishlist_items;
DROP FUNCTION wishlist_items_price_and_amount();
ALTER TABLE wishlist_items DROP COLUMN price;
