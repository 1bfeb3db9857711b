-- Amazon and Target are no longer stores to choose
-- transactional: false
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

-- Every statement commits by itself, so that nobody waits while the table is read.

DO $guard$
BEGIN
    IF EXISTS (SELECT FROM wishlist_items WHERE store IN ('Amazon', 'Target')) THEN
        RAISE EXCEPTION 'wishlist_items still has rows with Amazon or Target as store'
            USING ERRCODE = 'restrict_violation', HINT = 'Give these rows another store first.';
    END IF;
END
$guard$;

-- Keeps out rows that would arrive meanwhile. The lock (ACCESS EXCLUSIVE) is gone again at once,
-- because nothing is read under it; VALIDATE reads, and lets clients read and write.
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
