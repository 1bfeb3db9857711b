-- a set may name the wish it fulfilled, and only one that exists
-- transactional: false
-- depends: 0005_create_sets 0007_add_wishlist

-- The index comes before the reference it supports: from the moment the foreign key is there,
-- deleting a wish looks its sets up by this column, and without an index reads all of them.
-- Only this statement needs to be outside a transaction. The others stand here because they
-- belong to it; each is a transaction of its own, and a run that was broken off goes on with the
-- first one that is not done.
CREATE INDEX CONCURRENTLY sets_wishlist_item_id_idx ON sets (wishlist_item_id);

-- NOT VALID: what is written into the column is checked from now on, but what is there already is
-- not read. So the lock on both tables (SHARE ROW EXCLUSIVE: writers wait) is over at once. The
-- next migration reads the old rows, under a lock that lets writers go on.
ALTER TABLE sets
    ADD CONSTRAINT sets_wishlist_item_id_fkey
    FOREIGN KEY (wishlist_item_id) REFERENCES wishlist_items (id) ON DELETE SET NULL
    NOT VALID;

COMMENT ON INDEX sets_wishlist_item_id_idx IS 'Finds the sets whose wishlist_item_id becomes null when a wish is deleted.';
COMMENT ON CONSTRAINT sets_wishlist_item_id_fkey ON sets IS 'A set outlives the wish it fulfilled: people clear their wishlist, and keep their sets.';
