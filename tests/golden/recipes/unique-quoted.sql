=== 0014_make_wish_list_order_user_unique.sql
-- no two rows of "Old stuff"."Wish list" are alike in "order", "User"
-- transactional: false

-- The index comes first, CONCURRENTLY: ADD UNIQUE by itself would build it while nobody can read
-- or write the table. Rows that are alike make it fail. To see them:
--     SELECT "order", "User", count(*) FROM "Old stuff"."Wish list" WHERE "order" IS NOT NULL AND "User" IS NOT NULL GROUP BY "order", "User" HAVING count(*) > 1;
-- No IF NOT EXISTS: a build that was broken off leaves an index of this name that is INVALID, and
-- IF NOT EXISTS would take it for the finished one.
CREATE UNIQUE INDEX CONCURRENTLY "Wish list_order_User_key"
    ON "Old stuff"."Wish list" ("order", "User");

-- The constraint takes the finished index over. The lock (ACCESS EXCLUSIVE: readers and writers
-- wait) is over at once: no row is read.
ALTER TABLE "Old stuff"."Wish list" ADD CONSTRAINT "Wish list_order_User_key" UNIQUE USING INDEX "Wish list_order_User_key";
=== 0014_make_wish_list_order_user_unique.rollback.sql
-- rows of "Old stuff"."Wish list" may be alike in "order", "User" again
-- transactional: true
--
-- No data is lost. The index goes with its constraint.

ALTER TABLE "Old stuff"."Wish list" DROP CONSTRAINT "Wish list_order_User_key";
