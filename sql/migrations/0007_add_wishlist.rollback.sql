-- the wishlist goes away
--
-- DATA IS LOST. Every wish of every user. Nothing else is touched.
-- No CASCADE: whatever refers to the wishlist later must stop the rollback, not vanish with it.

DROP TABLE wishlist_items;
DROP TYPE wishlist_currency;
DROP TYPE wishlist_store;
