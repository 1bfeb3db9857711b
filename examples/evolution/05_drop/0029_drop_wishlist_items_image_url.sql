-- wishes have no picture of their own any more
-- phase: contract

-- Run this when no release that reads or writes image_url is running any more. No CASCADE: a view
-- that still reads the column stops this. No row is written, the column only becomes invisible, so
-- the lock (ACCESS EXCLUSIVE: readers and writers wait) is over at once.
ALTER TABLE wishlist_items DROP COLUMN image_url;
