=== 0014_add_wish_list_gr_e.sql
-- "Old stuff"."Wish list" has "Größe"

-- No row is written: PostgreSQL notes down what old rows have in a new column. The lock (ACCESS
-- EXCLUSIVE: readers and writers wait) is over at once.
ALTER TABLE "Old stuff"."Wish list" ADD COLUMN "Größe" numeric(10, 2) default 1;
=== 0014_add_wish_list_gr_e.rollback.sql
-- "Old stuff"."Wish list" has no "Größe"
--
-- WHAT IS IN THE COLUMN IS LOST. No row is written: the column only becomes invisible.

ALTER TABLE "Old stuff"."Wish list" DROP COLUMN "Größe";
