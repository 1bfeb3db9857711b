-- wishlist_items has retires_on

-- No row is written: PostgreSQL notes down what old rows have in a new column. The lock (ACCESS
-- EXCLUSIVE: readers and writers wait) is over at once.
ALTER TABLE wishlist_items ADD COLUMN retires_on date;

COMMENT ON COLUMN wishlist_items.retires_on IS 'When shops stop selling it; null when that is not known.';
