=== 0014_add_wishlist_items_token.sql
-- wishlist_items has token, and new rows get a value of their own

-- In two statements: together they would make PostgreSQL write every row, as this default is
-- computed for each of them, while nobody may use the table. This way no row is written; old ones
-- are filled by the next migration.
ALTER TABLE wishlist_items ADD COLUMN token uuid;
ALTER TABLE wishlist_items ALTER COLUMN token SET DEFAULT gen_random_uuid();
=== 0014_add_wishlist_items_token.rollback.sql
-- wishlist_items has no token
--
-- WHAT IS IN THE COLUMN IS LOST. No row is written: the column only becomes invisible.

ALTER TABLE wishlist_items DROP COLUMN token;
=== 0015_fill_wishlist_items_token.sql
-- every row of wishlist_items has its token
-- transactional: false
-- batch: id 1000
-- depends: 0014_add_wishlist_items_token

-- Rows from before the column have no value in it yet.
-- Batch by batch, each a transaction of its own, so that no row is locked for long and a run that
-- was broken off goes on with the next batch.
UPDATE wishlist_items SET token = DEFAULT WHERE token IS NULL;
=== 0015_fill_wishlist_items_token.rollback.sql
-- nothing to undo: every row of wishlist_items has its token
-- transactional: true
--
-- allow: rows-lost the column goes with the way back of the migration before

SELECT;
=== 0016_require_wishlist_items_token.sql
-- wishlist_items.token is filled in every new row
-- depends: 0015_fill_wishlist_items_token

-- NOT VALID: what is written is checked from now on, but what is there already is not read. So the
-- lock (ACCESS EXCLUSIVE: readers and writers wait) is over at once. The next migration reads the
-- old rows, under a lock that lets everybody go on.
-- An old row that breaks the rule stays as it is, but an UPDATE of it fails from now on, whatever
-- column it is about. To see such rows:
--     SELECT * FROM wishlist_items WHERE token IS NULL;
ALTER TABLE wishlist_items
    ADD CONSTRAINT wishlist_items_token_check
    CHECK (token IS NOT NULL)
    NOT VALID;
=== 0016_require_wishlist_items_token.rollback.sql
-- the check wishlist_items_token_check of wishlist_items goes away
--
-- No data is lost.

ALTER TABLE wishlist_items DROP CONSTRAINT wishlist_items_token_check;
=== 0017_validate_wishlist_items_token_not_null.sql
-- every row of wishlist_items has token
-- depends: 0016_require_wishlist_items_token

-- In a migration of its own, because a lock lasts to the end of its transaction: here it is SHARE
-- UPDATE EXCLUSIVE, under which clients read and write on, however long the reading takes.
-- Fails, and changes nothing, if a row breaks the rule. To see such rows:
--     SELECT * FROM wishlist_items WHERE token IS NULL;
ALTER TABLE wishlist_items VALIDATE CONSTRAINT wishlist_items_token_check;
=== 0017_validate_wishlist_items_token_not_null.rollback.sql
-- wishlist_items_token_check of wishlist_items counts as not validated again
--
-- No data is lost, and nothing can slip in: both statements are one transaction.
-- PostgreSQL has no opposite of VALIDATE, so the constraint is made anew as it was before. No row
-- is read.

ALTER TABLE wishlist_items DROP CONSTRAINT wishlist_items_token_check;

ALTER TABLE wishlist_items
    ADD CONSTRAINT wishlist_items_token_check
    CHECK (token IS NOT NULL)
    NOT VALID;
=== 0018_set_wishlist_items_token_not_null.sql
-- wishlist_items.token is NOT NULL
-- depends: 0017_validate_wishlist_items_token_not_null

-- By itself, SET NOT NULL reads the whole table while nobody may use it. The validated check
-- proves that no row is NULL, so nothing is read (manual, ALTER TABLE, SET NOT NULL), and the lock
-- (ACCESS EXCLUSIVE: readers and writers wait) is over at once.
ALTER TABLE wishlist_items ALTER COLUMN token SET NOT NULL;

-- It has done its work. A statement of its own: in one ALTER TABLE the check would be dropped
-- before it is looked at.
ALTER TABLE wishlist_items DROP CONSTRAINT wishlist_items_token_check;
=== 0018_set_wishlist_items_token_not_null.rollback.sql
-- a check instead of NOT NULL on wishlist_items.token
-- transactional: false
--
-- No data is lost, and nothing can slip in: the column stays NOT NULL until the check is valid.
-- Every statement is a transaction of its own, so that clients go on while VALIDATE reads.

ALTER TABLE wishlist_items
    ADD CONSTRAINT wishlist_items_token_check
    CHECK (token IS NOT NULL)
    NOT VALID;

ALTER TABLE wishlist_items VALIDATE CONSTRAINT wishlist_items_token_check;

ALTER TABLE wishlist_items ALTER COLUMN token DROP NOT NULL;
