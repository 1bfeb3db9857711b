-- wishlist_items has quantity

-- No row is written: PostgreSQL notes down what old rows have in a new column. The lock (ACCESS
-- EXCLUSIVE: readers and writers wait) is over at once.
ALTER TABLE wishlist_items ADD COLUMN quantity integer NOT NULL DEFAULT 1;

COMMENT ON COLUMN wishlist_items.quantity IS 'How many of it the user would like.';
