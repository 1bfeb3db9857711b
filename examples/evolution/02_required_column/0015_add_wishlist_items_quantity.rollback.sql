-- wishlist_items has no quantity
--
-- WHAT IS IN THE COLUMN IS LOST. No row is written: the column only becomes invisible.

ALTER TABLE wishlist_items DROP COLUMN quantity;
