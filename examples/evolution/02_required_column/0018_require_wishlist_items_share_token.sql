-- wishlist_items.share_token is filled in every new row
-- depends: 0017_fill_wishlist_items_share_token

-- NOT VALID: what is written is checked from now on, but what is there already is not read. So the
-- lock (ACCESS EXCLUSIVE: readers and writers wait) is over at once. The next migration reads the
-- old rows, under a lock that lets everybody go on.
-- An old row that breaks the rule stays as it is, but an UPDATE of it fails from now on, whatever
-- column it is about. To see such rows:
--     SELECT * FROM wishlist_items WHERE share_token IS NULL;
ALTER TABLE wishlist_items
    ADD CONSTRAINT wishlist_items_share_token_check
    CHECK (share_token IS NOT NULL)
    NOT VALID;
