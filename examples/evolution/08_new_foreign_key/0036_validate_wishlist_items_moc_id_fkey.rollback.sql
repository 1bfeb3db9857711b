-- wishlist_items_moc_id_fkey of wishlist_items counts as not validated again
--
-- No data is lost, and nothing can slip in: both statements are one transaction.
-- PostgreSQL has no opposite of VALIDATE, so the constraint is made anew as it was before. No row
-- is read.

ALTER TABLE wishlist_items DROP CONSTRAINT wishlist_items_moc_id_fkey;

ALTER TABLE wishlist_items
    ADD CONSTRAINT wishlist_items_moc_id_fkey
    FOREIGN KEY (moc_id) REFERENCES moc_instructions (id) ON DELETE SET NULL
    NOT VALID;
