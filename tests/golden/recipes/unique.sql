=== 0014_make_wishlist_items_user_id_title_unique.sql
-- no two rows of wishlist_items are alike in user_id, title
-- transactional: false

-- The index comes first, CONCURRENTLY: ADD UNIQUE by itself would build it while nobody can read
-- or write the table. Rows that are alike make it fail. To see them:
--     SELECT user_id, title, count(*) FROM wishlist_items WHERE user_id IS NOT NULL AND title IS NOT NULL GROUP BY user_id, title HAVING count(*) > 1;
-- No IF NOT EXISTS: a build that was broken off leaves an index of this name that is INVALID, and
-- IF NOT EXISTS would take it for the finished one.
CREATE UNIQUE INDEX CONCURRENTLY wishlist_items_user_id_title_key
    ON wishlist_items (user_id, title);

-- The constraint takes the finished index over. The lock (ACCESS EXCLUSIVE: readers and writers
-- wait) is over at once: no row is read.
ALTER TABLE wishlist_items ADD CONSTRAINT wishlist_items_user_id_title_key UNIQUE USING INDEX wishlist_items_user_id_title_key;
=== 0014_make_wishlist_items_user_id_title_unique.rollback.sql
-- rows of wishlist_items may be alike in user_id, title again
-- transactional: true
--
-- No data is lost. The index goes with its constraint.

ALTER TABLE wishlist_items DROP CONSTRAINT wishlist_items_user_id_title_key;
