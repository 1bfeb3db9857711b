=== 0014_require_wishlist_items_priority.sql
-- wishlist_items.priority is filled in every new row

-- NOT VALID: what is written is checked from now on, but what is there already is not read. So the
-- lock (ACCESS EXCLUSIVE: readers and writers wait) is over at once. The next migration reads the
-- old rows, under a lock that lets everybody go on.
-- An old row that breaks the rule stays as it is, but an UPDATE of it fails from now on, whatever
-- column it is about. To see such rows:
--     SELECT * FROM wishlist_items WHERE priority IS NULL;
ALTER TABLE wishlist_items
    ADD CONSTRAINT wishlist_items_priority_check
    CHECK (priority IS NOT NULL)
    NOT VALID;
=== 0014_require_wishlist_items_priority.rollback.sql
-- the check wishlist_items_priority_check of wishlist_items goes away
--
-- No data is lost.

ALTER TABLE wishlist_items DROP CONSTRAINT wishlist_items_priority_check;
=== 0015_validate_wishlist_items_priority_not_null.sql
-- every row of wishlist_items has priority
-- depends: 0014_require_wishlist_items_priority

-- In a migration of its own, because a lock lasts to the end of its transaction: here it is SHARE
-- UPDATE EXCLUSIVE, under which clients read and write on, however long the reading takes.
-- Fails, and changes nothing, if a row breaks the rule. To see such rows:
--     SELECT * FROM wishlist_items WHERE priority IS NULL;
ALTER TABLE wishlist_items VALIDATE CONSTRAINT wishlist_items_priority_check;
=== 0015_validate_wishlist_items_priority_not_null.rollback.sql
-- wishlist_items_priority_check of wishlist_items counts as not validated again
--
-- No data is lost, and nothing can slip in: both statements are one transaction.
-- PostgreSQL has no opposite of VALIDATE, so the constraint is made anew as it was before. No row
-- is read.

ALTER TABLE wishlist_items DROP CONSTRAINT wishlist_items_priority_check;

ALTER TABLE wishlist_items
    ADD CONSTRAINT wishlist_items_priority_check
    CHECK (priority IS NOT NULL)
    NOT VALID;
=== 0016_set_wishlist_items_priority_not_null.sql
-- wishlist_items.priority is NOT NULL
-- depends: 0015_validate_wishlist_items_priority_not_null

-- By itself, SET NOT NULL reads the whole table while nobody may use it. The validated check
-- proves that no row is NULL, so nothing is read (manual, ALTER TABLE, SET NOT NULL), and the lock
-- (ACCESS EXCLUSIVE: readers and writers wait) is over at once.
ALTER TABLE wishlist_items ALTER COLUMN priority SET NOT NULL;

-- It has done its work. A statement of its own: in one ALTER TABLE the check would be dropped
-- before it is looked at.
ALTER TABLE wishlist_items DROP CONSTRAINT wishlist_items_priority_check;
=== 0016_set_wishlist_items_priority_not_null.rollback.sql
-- a check instead of NOT NULL on wishlist_items.priority
-- transactional: false
--
-- No data is lost, and nothing can slip in: the column stays NOT NULL until the check is valid.
-- Every statement is a transaction of its own, so that clients go on while VALIDATE reads.

ALTER TABLE wishlist_items
    ADD CONSTRAINT wishlist_items_priority_check
    CHECK (priority IS NOT NULL)
    NOT VALID;

ALTER TABLE wishlist_items VALIDATE CONSTRAINT wishlist_items_priority_check;

ALTER TABLE wishlist_items ALTER COLUMN priority DROP NOT NULL;
