-- wishlist_items has moc_id

-- No row is written: PostgreSQL notes down what old rows have in a new column. The lock (ACCESS
-- EXCLUSIVE: readers and writers wait) is over at once.
ALTER TABLE wishlist_items ADD COLUMN moc_id uuid;

COMMENT ON COLUMN wishlist_items.moc_id IS 'The building instructions that are wished for; null when it is a set.';
