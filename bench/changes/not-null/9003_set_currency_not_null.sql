-- the column says so itself
-- irreversible: a measurement

-- No row is read: the CHECK proves it.
ALTER TABLE wishlist_items ALTER COLUMN currency SET NOT NULL;
ALTER TABLE wishlist_items DROP CONSTRAINT wishlist_items_currency_set;
