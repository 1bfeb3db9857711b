-- wishlist_items.notes is called remarks, and nothing else
-- phase: contract
-- depends: 0023_prove_wishlist_items_notes_copied

-- Run this when no release that knows the old name is running any more.
-- The copy goes and the column itself takes its name. So indexes, constraints, defaults, views and
-- grants stay as they are, and no value is moved. One transaction: nobody sees a moment without
-- the new name. The lock (ACCESS EXCLUSIVE: readers and writers wait) is over at once.
DROP TRIGGER wishlist_items_notes_and_remarks ON wishlist_items;
DROP FUNCTION wishlist_items_notes_and_remarks();
ALTER TABLE wishlist_items DROP COLUMN remarks;
ALTER TABLE wishlist_items RENAME COLUMN notes TO remarks;
