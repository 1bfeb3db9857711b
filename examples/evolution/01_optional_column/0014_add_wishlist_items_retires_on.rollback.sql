-- wishlist_items has no retires_on
--
-- WHAT IS IN THE COLUMN IS LOST. No row is written: the column only becomes invisible.

ALTER TABLE wishlist_items DROP COLUMN retires_on;
