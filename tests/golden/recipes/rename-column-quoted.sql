=== 0014_add_wish_list_position_for_order.sql
-- "Old stuff"."Wish list"."order" under its new name as well: "Position"
-- phase: expand

-- Releases that know the old name and releases that know the new one run side by side for a while,
-- so both are there. The lock (ACCESS EXCLUSIVE: readers and writers wait) is over at once: no row
-- is written.
ALTER TABLE "Old stuff"."Wish list" ADD COLUMN "Position" text;

-- Whoever writes one of the two writes the other. Where both are written, the new name counts.
CREATE FUNCTION "Old stuff".wish_list_order_and_position() RETURNS trigger LANGUAGE plpgsql AS $both$
BEGIN
    IF TG_OP = 'INSERT' AND NEW."Position" IS NOT NULL
       OR TG_OP = 'UPDATE' AND NEW."Position" IS DISTINCT FROM OLD."Position" THEN
        NEW."order" := NEW."Position";
    ELSE
        NEW."Position" := NEW."order";
    END IF;
    RETURN NEW;
END
$both$;
CREATE TRIGGER wish_list_order_and_position BEFORE INSERT OR UPDATE ON "Old stuff"."Wish list"
    FOR EACH ROW EXECUTE FUNCTION "Old stuff".wish_list_order_and_position();
=== 0014_add_wish_list_position_for_order.rollback.sql
-- "Old stuff"."Wish list"."order" under its old name only
--
-- No data is lost: all that is in "Position" is in "order" too.

DROP TRIGGER wish_list_order_and_position ON "Old stuff"."Wish list";
DROP FUNCTION "Old stuff".wish_list_order_and_position();
ALTER TABLE "Old stuff"."Wish list" DROP COLUMN "Position";
=== 0015_fill_wish_list_position.sql
-- "Old stuff"."Wish list"."Position" holds what "order" holds
-- transactional: false
-- batch: id 1000
-- phase: expand
-- depends: 0014_add_wish_list_position_for_order

-- Rows from before the new name have nothing in "Position" yet.
-- Batch by batch, each a transaction of its own, so that no row is locked for long and a run that
-- was broken off goes on with the next batch.
UPDATE "Old stuff"."Wish list" SET "Position" = "order" WHERE "Position" IS DISTINCT FROM "order";
=== 0015_fill_wish_list_position.rollback.sql
-- nothing to undo: "Old stuff"."Wish list"."Position" holds what "order" holds
-- transactional: true
--
-- allow: rows-lost the column goes with the way back of the migration before

SELECT;
=== 0016_prove_wish_list_order_copied.sql
-- "Old stuff"."Wish list"."Position" and "order" agree in every row
-- phase: contract
-- depends: 0015_fill_wish_list_position

-- Reads the whole table, and lets everybody go on meanwhile. If this fails, the next migration
-- must not run: releases that know the new name would see other values than those they wrote.
DO $prove$
BEGIN
    IF EXISTS (SELECT FROM "Old stuff"."Wish list" WHERE "Position" IS DISTINCT FROM "order") THEN
        RAISE EXCEPTION 'the two columns differ'
            USING HINT = 'The trigger that keeps them alike was off for a while; fill in what '
                         'is missing, as the migration before this one does.';
    END IF;
END
$prove$;
=== 0016_prove_wish_list_order_copied.rollback.sql
-- "Old stuff"."Wish list"."Position" holds what "order" holds, after the way back
-- transactional: false
-- batch: id 1000
--
-- No data is lost. The way back of the next migration makes the column of the new name anew, empty
-- in all rows but those written since.

UPDATE "Old stuff"."Wish list" SET "Position" = "order" WHERE "Position" IS DISTINCT FROM "order";
=== 0017_rename_wish_list_order_to_position.sql
-- "Old stuff"."Wish list"."order" is called "Position", and nothing else
-- phase: contract
-- depends: 0016_prove_wish_list_order_copied

-- Run this when no release that knows the old name is running any more.
-- The copy goes and the column itself takes its name. So indexes, constraints, defaults, views and
-- grants stay as they are, and no value is moved. One transaction: nobody sees a moment without
-- the new name. The lock (ACCESS EXCLUSIVE: readers and writers wait) is over at once.
DROP TRIGGER wish_list_order_and_position ON "Old stuff"."Wish list";
DROP FUNCTION "Old stuff".wish_list_order_and_position();
ALTER TABLE "Old stuff"."Wish list" DROP COLUMN "Position";
ALTER TABLE "Old stuff"."Wish list" RENAME COLUMN "order" TO "Position";
=== 0017_rename_wish_list_order_to_position.rollback.sql
-- "Old stuff"."Wish list"."Position" under its old name again, "order", with a copy under the new one
-- allow: rows-lost the copy is empty until the way back of the migration before fills it
--
-- No data is lost: all that was in the copy is in "order" too.

ALTER TABLE "Old stuff"."Wish list" RENAME COLUMN "Position" TO "order";
ALTER TABLE "Old stuff"."Wish list" ADD COLUMN "Position" text;

CREATE FUNCTION "Old stuff".wish_list_order_and_position() RETURNS trigger LANGUAGE plpgsql AS $both$
BEGIN
    IF TG_OP = 'INSERT' AND NEW."Position" IS NOT NULL
       OR TG_OP = 'UPDATE' AND NEW."Position" IS DISTINCT FROM OLD."Position" THEN
        NEW."order" := NEW."Position";
    ELSE
        NEW."Position" := NEW."order";
    END IF;
    RETURN NEW;
END
$both$;
CREATE TRIGGER wish_list_order_and_position BEFORE INSERT OR UPDATE ON "Old stuff"."Wish list"
    FOR EACH ROW EXECUTE FUNCTION "Old stuff".wish_list_order_and_position();
