-- wishlist_items has share_token, and new rows get a value of their own

-- In two statements: together they would make PostgreSQL write every row, as this default is
-- computed for each of them, while nobody may use the table. This way no row is written; old ones
-- are filled by the next migration.
ALTER TABLE wishlist_items ADD COLUMN share_token uuid;
ALTER TABLE wishlist_items ALTER COLUMN share_token SET DEFAULT gen_random_uuid();

COMMENT ON COLUMN wishlist_items.share_token IS 'Stands in the link by which others see this wish; a new value makes old links useless.';
