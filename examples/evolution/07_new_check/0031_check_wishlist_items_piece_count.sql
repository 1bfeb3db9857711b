-- new rows of wishlist_items obey: piece_count > 0

-- NOT VALID: what is written is checked from now on, but what is there already is not read. So the
-- lock (ACCESS EXCLUSIVE: readers and writers wait) is over at once. The next migration reads the
-- old rows, under a lock that lets everybody go on.
-- An old row that breaks the rule stays as it is, but an UPDATE of it fails from now on, whatever
-- column it is about. To see such rows:
--     SELECT * FROM wishlist_items WHERE NOT (piece_count > 0);
ALTER TABLE wishlist_items
    ADD CONSTRAINT wishlist_items_piece_count_check
    CHECK (piece_count > 0)
    NOT VALID;
