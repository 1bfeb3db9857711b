-- Amazon and Target are no longer stores to choose
--
-- No data is lost: this refuses, and changes nothing, while rows use one of the two labels. To
-- see such rows, and to move them where they shall go:
--     SELECT * FROM wishlist_items WHERE store IN ('Amazon', 'Target');
--     UPDATE wishlist_items SET store = 'Other' WHERE store IN ('Amazon', 'Target');
--
-- What stays behind: two labels, '(removed) Amazon' and '(removed) Target'. PostgreSQL cannot drop
-- a label, indexes may hold it long after the last row is gone, and exchanging the whole type
-- would fail the running sessions. The application knows nothing of these names and no row holds
-- them; only a statement that spells one out could write it. Dropping the type takes them along.

-- The guard. Its failure is the refusal, and it keeps out rows that would arrive meanwhile. Its
-- lock (ACCESS EXCLUSIVE) lasts to COMMIT, hence over one reading of the table: all this is one
-- transaction, so that a refusal leaves nothing behind.
ALTER TABLE wishlist_items
    ADD CONSTRAINT wishlist_items_store_unused_check
    CHECK (store NOT IN ('Amazon', 'Target'))
    NOT VALID;
ALTER TABLE wishlist_items VALIDATE CONSTRAINT wishlist_items_store_unused_check;

ALTER TYPE wishlist_store RENAME VALUE 'Amazon' TO '(removed) Amazon';
ALTER TYPE wishlist_store RENAME VALUE 'Target' TO '(removed) Target';

-- The guard has done its work: from here on the old names are no valid input. Changing the table
-- also makes every session plan its prepared statements anew; one that still had an old label
-- built in would otherwise go on writing it under its new name.
ALTER TABLE wishlist_items DROP CONSTRAINT wishlist_items_store_unused_check;
