-- no new wish without a currency
-- irreversible: a measurement

ALTER TABLE wishlist_items
    ADD CONSTRAINT wishlist_items_currency_set CHECK (currency IS NOT NULL) NOT VALID;
