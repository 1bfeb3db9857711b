=== 0014_require_wish_list_order.sql
-- "Old stuff"."Wish list"."order" is filled in every new row

-- NOT VALID: what is written is checked from now on, but what is there already is not read. So the
-- lock (ACCESS EXCLUSIVE: readers and writers wait) is over at once. The next migration reads the
-- old rows, under a lock that lets everybody go on.
-- An old row that breaks the rule stays as it is, but an UPDATE of it fails from now on, whatever
-- column it is about. To see such rows:
--     SELECT * FROM "Old stuff"."Wish list" WHERE "order" IS NULL;
ALTER TABLE "Old stuff"."Wish list"
    ADD CONSTRAINT "Wish list_order_check"
    CHECK ("order" IS NOT NULL)
    NOT VALID;
=== 0014_require_wish_list_order.rollback.sql
-- the check "Wish list_order_check" of "Old stuff"."Wish list" goes away
--
-- No data is lost.

ALTER TABLE "Old stuff"."Wish list" DROP CONSTRAINT "Wish list_order_check";
=== 0015_validate_wish_list_order_not_null.sql
-- every row of "Old stuff"."Wish list" has "order"
-- depends: 0014_require_wish_list_order

-- In a migration of its own, because a lock lasts to the end of its transaction: here it is SHARE
-- UPDATE EXCLUSIVE, under which clients read and write on, however long the reading takes.
-- Fails, and changes nothing, if a row breaks the rule. To see such rows:
--     SELECT * FROM "Old stuff"."Wish list" WHERE "order" IS NULL;
ALTER TABLE "Old stuff"."Wish list" VALIDATE CONSTRAINT "Wish list_order_check";
=== 0015_validate_wish_list_order_not_null.rollback.sql
-- "Wish list_order_check" of "Old stuff"."Wish list" counts as not validated again
--
-- No data is lost, and nothing can slip in: both statements are one transaction.
-- PostgreSQL has no opposite of VALIDATE, so the constraint is made anew as it was before. No row
-- is read.

ALTER TABLE "Old stuff"."Wish list" DROP CONSTRAINT "Wish list_order_check";

ALTER TABLE "Old stuff"."Wish list"
    ADD CONSTRAINT "Wish list_order_check"
    CHECK ("order" IS NOT NULL)
    NOT VALID;
=== 0016_set_wish_list_order_not_null.sql
-- "Old stuff"."Wish list"."order" is NOT NULL
-- depends: 0015_validate_wish_list_order_not_null

-- By itself, SET NOT NULL reads the whole table while nobody may use it. The validated check
-- proves that no row is NULL, so nothing is read (manual, ALTER TABLE, SET NOT NULL), and the lock
-- (ACCESS EXCLUSIVE: readers and writers wait) is over at once.
ALTER TABLE "Old stuff"."Wish list" ALTER COLUMN "order" SET NOT NULL;

-- It has done its work. A statement of its own: in one ALTER TABLE the check would be dropped
-- before it is looked at.
ALTER TABLE "Old stuff"."Wish list" DROP CONSTRAINT "Wish list_order_check";
=== 0016_set_wish_list_order_not_null.rollback.sql
-- a check instead of NOT NULL on "Old stuff"."Wish list"."order"
-- transactional: false
--
-- No data is lost, and nothing can slip in: the column stays NOT NULL until the check is valid.
-- Every statement is a transaction of its own, so that clients go on while VALIDATE reads.

ALTER TABLE "Old stuff"."Wish list"
    ADD CONSTRAINT "Wish list_order_check"
    CHECK ("order" IS NOT NULL)
    NOT VALID;

ALTER TABLE "Old stuff"."Wish list" VALIDATE CONSTRAINT "Wish list_order_check";

ALTER TABLE "Old stuff"."Wish list" ALTER COLUMN "order" DROP NOT NULL;
