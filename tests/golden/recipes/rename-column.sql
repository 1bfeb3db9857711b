=== 0014_add_wishlist_items_remarks_for_notes.sql
-- wishlist_items.notes under its new name as well: remarks
-- phase: expand

-- Releases that know the old name and releases that know the new one run side by side for a while,
-- so both are there. The lock (ACCESS EXCLUSIVE: readers and writers wait) is over at once: no row
-- is written.
ALTER TABLE wishlist_items ADD COLUMN remarks text;

-- Whoever writes one of the two writes the other. Where both are written, the new name counts.
CREATE FUNCTION wishlist_items_notes_and_remarks() RETURNS trigger LANGUAGE plpgsql AS $both$
BEGIN
    IF TG_OP = 'INSERT' AND NEW.remarks IS NOT NULL
       OR TG_OP = 'UPDATE' AND NEW.remarks IS DISTINCT FROM OLD.remarks THEN
        NEW.notes := NEW.remarks;
    ELSE
        NEW.remarks := NEW.notes;
    END IF;
    RETURN NEW;
END
$both$;
CREATE TRIGGER wishlist_items_notes_and_remarks BEFORE INSERT OR UPDATE ON wishlist_items
    FOR EACH ROW EXECUTE FUNCTION wishlist_items_notes_and_remarks();
=== 0014_add_wishlist_items_remarks_for_notes.rollback.sql
-- wishlist_items.notes under its old name only
--
-- No data is lost: all that is in remarks is in notes too.

DROP TRIGGER wishlist_items_notes_and_remarks ON wishlist_items;
DROP FUNCTION wishlist_items_notes_and_remarks();
ALTER TABLE wishlist_items DROP COLUMN remarks;
=== 0015_fill_wishlist_items_remarks.sql
-- wishlist_items.remarks holds what notes holds
-- transactional: false
-- batch: id 1000
-- phase: expand
-- depends: 0014_add_wishlist_items_remarks_for_notes

-- Rows from before the new name have nothing in remarks yet.
-- Batch by batch, each a transaction of its own, so that no row is locked for long and a run that
-- was broken off goes on with the next batch.
UPDATE wishlist_items SET remarks = notes WHERE remarks IS DISTINCT FROM notes;
=== 0015_fill_wishlist_items_remarks.rollback.sql
-- nothing to undo: wishlist_items.remarks holds what notes holds
-- transactional: true
--
-- allow: rows-lost the column goes with the way back of the migration before

SELECT;
=== 0016_prove_wishlist_items_notes_copied.sql
-- wishlist_items.remarks and notes agree in every row
-- phase: contract
-- depends: 0015_fill_wishlist_items_remarks

-- Reads the whole table, and lets everybody go on meanwhile. If this fails, the next migration
-- must not run: releases that know the new name would see other values than those they wrote.
DO $prove$
BEGIN
    IF EXISTS (SELECT FROM wishlist_items WHERE remarks IS DISTINCT FROM notes) THEN
        RAISE EXCEPTION 'the two columns differ'
            USING HINT = 'The trigger that keeps them alike was off for a while; fill in what '
                         'is missing, as the migration before this one does.';
    END IF;
END
$prove$;
=== 0016_prove_wishlist_items_notes_copied.rollback.sql
-- wishlist_items.remarks holds what notes holds, after the way back
-- transactional: false
-- batch: id 1000
--
-- No data is lost. The way back of the next migration makes the column of the new name anew, empty
-- in all rows but those written since.

UPDATE wishlist_items SET remarks = notes WHERE remarks IS DISTINCT FROM notes;
=== 0017_rename_wishlist_items_notes_to_remarks.sql
-- wishlist_items.notes is called remarks, and nothing else
-- phase: contract
-- depends: 0016_prove_wishlist_items_notes_copied

-- Run this when no release that knows the old name is running any more.
-- The copy goes and the column itself takes its name. So indexes, constraints, defaults, views and
-- grants stay as they are, and no value is moved. One transaction: nobody sees a moment without
-- the new name. The lock (ACCESS EXCLUSIVE: readers and writers wait) is over at once.
DROP TRIGGER wishlist_items_notes_and_remarks ON wishlist_items;
DROP FUNCTION wishlist_items_notes_and_remarks();
ALTER TABLE wishlist_items DROP COLUMN remarks;
ALTER TABLE wishlist_items RENAME COLUMN notes TO remarks;
=== 0017_rename_wishlist_items_notes_to_remarks.rollback.sql
-- wishlist_items.remarks under its old name again, notes, with a copy under the new one
-- allow: rows-lost the copy is empty until the way back of the migration before fills it
--
-- No data is lost: all that was in the copy is in notes too.

ALTER TABLE wishlist_items RENAME COLUMN remarks TO notes;
ALTER TABLE wishlist_items ADD COLUMN remarks text;

CREATE FUNCTION wishlist_items_notes_and_remarks() RETURNS trigger LANGUAGE plpgsql AS $both$
BEGIN
    IF TG_OP = 'INSERT' AND NEW.remarks IS NOT NULL
       OR TG_OP = 'UPDATE' AND NEW.remarks IS DISTINCT FROM OLD.remarks THEN
        NEW.notes := NEW.remarks;
    ELSE
        NEW.remarks := NEW.notes;
    END IF;
    RETURN NEW;
END
$both$;
CREATE TRIGGER wishlist_items_notes_and_remarks BEFORE INSERT OR UPDATE ON wishlist_items
    FOR EACH ROW EXECUTE FUNCTION wishlist_items_notes_and_remarks();
