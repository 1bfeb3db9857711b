-- no old wish either
-- irreversible: a measurement

ALTER TABLE wishlist_items VALIDATE CONSTRAINT wishlist_items_currency_set;
