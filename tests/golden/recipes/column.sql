=== 0014_add_wishlist_items_rating.sql
-- wishlist_items has rating

-- No row is written: PostgreSQL notes down what old rows have in a new column. The lock (ACCESS
-- EXCLUSIVE: readers and writers wait) is over at once.
ALTER TABLE wishlist_items ADD COLUMN rating integer;
=== 0014_add_wishlist_items_rating.rollback.sql
-- wishlist_items has no rating
--
-- WHAT IS IN THE COLUMN IS LOST. No row is written: the column only becomes invisible.

ALTER TABLE wishlist_items DROP COLUMN rating;
