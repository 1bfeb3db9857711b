-- a wish may be for somebody else
-- irreversible: a measurement

ALTER TABLE wishlist_items ADD COLUMN gift_for text;
