-- wishlist_items.share_token is NOT NULL
-- depends: 0019_validate_wishlist_items_share_token_not_null

-- By itself, SET NOT NULL reads the whole table while nobody may use it. The validated check
-- proves that no row is NULL, so nothing is read (manual, ALTER TABLE, SET NOT NULL), and the lock
-- (ACCESS EXCLUSIVE: readers and writers wait) is over at once.
ALTER TABLE wishlist_items ALTER COLUMN share_token SET NOT NULL;

-- It has done its work. A statement of its own: in one ALTER TABLE the check would be dropped
-- before it is looked at.
ALTER TABLE wishlist_items DROP CONSTRAINT wishlist_items_share_token_check;
