-- wishes have a picture again
-- allow: rows-lost the pictures were deleted from our storage, so their addresses lead nowhere
--
-- WHAT WAS IN THE COLUMN IS LOST. A release that needs the column can run again, and finds it empty.

ALTER TABLE wishlist_items ADD COLUMN image_url text;

COMMENT ON COLUMN wishlist_items.image_url IS 'Picture, kept in our own storage.';
