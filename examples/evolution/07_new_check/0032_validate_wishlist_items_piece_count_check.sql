-- every row of wishlist_items obeys: piece_count > 0
-- depends: 0031_check_wishlist_items_piece_count

-- In a migration of its own, because a lock lasts to the end of its transaction: here it is SHARE
-- UPDATE EXCLUSIVE, under which clients read and write on, however long the reading takes.
-- Fails, and changes nothing, if a row breaks the rule. To see such rows:
--     SELECT * FROM wishlist_items WHERE NOT (piece_count > 0);
ALTER TABLE wishlist_items VALIDATE CONSTRAINT wishlist_items_piece_count_check;

COMMENT ON CONSTRAINT wishlist_items_piece_count_check ON wishlist_items IS 'Zero is how some shops say that they do not know; that is null here.';
