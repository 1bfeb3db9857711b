-- a set names a wish that exists
-- irreversible: a measurement

ALTER TABLE sets
    ADD CONSTRAINT sets_wishlist_item_id_fkey
    FOREIGN KEY (wishlist_item_id) REFERENCES wishlist_items (id) ON DELETE SET NULL
    NOT VALID;
