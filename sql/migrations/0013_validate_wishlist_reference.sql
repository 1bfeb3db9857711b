-- every set that names a wish names one that exists
-- depends: 0012_reference_wishlist_from_sets

-- In a migration of its own, because a lock lasts to the end of its transaction: here it is SHARE
-- UPDATE EXCLUSIVE on sets and ROW SHARE on wishlist_items, under both of which clients read and
-- write on, however long the reading takes.
-- Fails, and changes nothing, if a set names a wish that is gone. To mend such sets (SELECT them
-- with the same condition first):
--     UPDATE sets s SET wishlist_item_id = NULL WHERE wishlist_item_id IS NOT NULL
--         AND NOT EXISTS (SELECT FROM wishlist_items w WHERE w.id = s.wishlist_item_id);
ALTER TABLE sets VALIDATE CONSTRAINT sets_wishlist_item_id_fkey;
