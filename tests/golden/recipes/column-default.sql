=== 0014_add_wishlist_items_seen_at.sql
-- wishlist_items has seen_at

-- No row is written: PostgreSQL notes down what old rows have in a new column. The lock (ACCESS
-- EXCLUSIVE: readers and writers wait) is over at once.
ALTER TABLE wishlist_items ADD COLUMN seen_at timestamp NOT NULL DEFAULT now();
=== 0014_add_wishlist_items_seen_at.rollback.sql
-- wishlist_items has no seen_at
--
-- WHAT IS IN THE COLUMN IS LOST. No row is written: the column only becomes invisible.

ALTER TABLE wishlist_items DROP COLUMN seen_at;
