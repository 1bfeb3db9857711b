=== 0014_check_wishlist_items_piece_count.sql
-- new rows of wishlist_items obey: piece_count > 0

-- NOT VALID: what is written is checked from now on, but what is there already is not read. So the
-- lock (ACCESS EXCLUSIVE: readers and writers wait) is over at once. The next migration reads the
-- old rows, under a lock that lets everybody go on.
-- An old row that breaks the rule stays as it is, but an UPDATE of it fails from now on, whatever
-- column it is about. To see such rows:
--     SELECT * FROM wishlist_items WHERE NOT (piece_count > 0);
ALTER TABLE wishlist_items
    ADD CONSTRAINT wishlist_items_piece_count_check
    CHECK (piece_count > 0)
    NOT VALID;
=== 0014_check_wishlist_items_piece_count.rollback.sql
-- the check wishlist_items_piece_count_check of wishlist_items goes away
--
-- No data is lost.

ALTER TABLE wishlist_items DROP CONSTRAINT wishlist_items_piece_count_check;
=== 0015_validate_wishlist_items_piece_count_check.sql
-- every row of wishlist_items obeys: piece_count > 0
-- depends: 0014_check_wishlist_items_piece_count

-- In a migration of its own, because a lock lasts to the end of its transaction: here it is SHARE
-- UPDATE EXCLUSIVE, under which clients read and write on, however long the reading takes.
-- Fails, and changes nothing, if a row breaks the rule. To see such rows:
--     SELECT * FROM wishlist_items WHERE NOT (piece_count > 0);
ALTER TABLE wishlist_items VALIDATE CONSTRAINT wishlist_items_piece_count_check;
=== 0015_validate_wishlist_items_piece_count_check.rollback.sql
-- wishlist_items_piece_count_check of wishlist_items counts as not validated again
--
-- No data is lost, and nothing can slip in: both statements are one transaction.
-- PostgreSQL has no opposite of VALIDATE, so the constraint is made anew as it was before. No row
-- is read.

ALTER TABLE wishlist_items DROP CONSTRAINT wishlist_items_piece_count_check;

ALTER TABLE wishlist_items
    ADD CONSTRAINT wishlist_items_piece_count_check
    CHECK (piece_count > 0)
    NOT VALID;
