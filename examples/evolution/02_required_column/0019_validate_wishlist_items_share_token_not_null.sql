-- every row of wishlist_items has share_token
-- depends: 0018_require_wishlist_items_share_token

-- In a migration of its own, because a lock lasts to the end of its transaction: here it is SHARE
-- UPDATE EXCLUSIVE, under which clients read and write on, however long the reading takes.
-- Fails, and changes nothing, if a row breaks the rule. To see such rows:
--     SELECT * FROM wishlist_items WHERE share_token IS NULL;
ALTER TABLE wishlist_items VALIDATE CONSTRAINT wishlist_items_share_token_check;
