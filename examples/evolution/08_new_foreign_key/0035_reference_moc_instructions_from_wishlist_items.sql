-- moc_id of wishlist_items names only what is there in moc_instructions
-- depends: 0034_index_wishlist_items_moc_id

-- NOT VALID: what is written is checked from now on, but what is there already is not read. So the
-- lock on both tables (SHARE ROW EXCLUSIVE: writers wait) is over at once. The next migration
-- reads the old rows, under a lock that lets writers go on.
-- An index on moc_id is there before: without one, deleting from
-- moc_instructions would read the whole of wishlist_items each time.
ALTER TABLE wishlist_items
    ADD CONSTRAINT wishlist_items_moc_id_fkey
    FOREIGN KEY (moc_id) REFERENCES moc_instructions (id) ON DELETE SET NULL
    NOT VALID;
