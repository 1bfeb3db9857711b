-- and so do the sets that were there
-- irreversible: a measurement

ALTER TABLE sets VALIDATE CONSTRAINT sets_wishlist_item_id_fkey;
