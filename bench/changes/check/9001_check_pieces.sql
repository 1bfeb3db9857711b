-- no new wish without pieces
-- irreversible: a measurement

ALTER TABLE wishlist_items
    ADD CONSTRAINT wishlist_items_pieces CHECK (piece_count > 0) NOT VALID;
