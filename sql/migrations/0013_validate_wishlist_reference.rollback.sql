-- the reference from sets to the wishlist counts as not validated again
--
-- No data is lost, and nothing can slip in: both statements are one transaction.
-- PostgreSQL has no opposite of VALIDATE, so the foreign key is made anew as it was before.
-- Dropping it takes ACCESS EXCLUSIVE on both tables, for a moment: no row is read.

ALTER TABLE sets DROP CONSTRAINT sets_wishlist_item_id_fkey;

ALTER TABLE sets
    ADD CONSTRAINT sets_wishlist_item_id_fkey
    FOREIGN KEY (wishlist_item_id) REFERENCES wishlist_items (id) ON DELETE SET NULL
    NOT VALID;

COMMENT ON CONSTRAINT sets_wishlist_item_id_fkey ON sets IS 'A set outlives the wish it fulfilled: people clear their wishlist, and keep their sets.';
