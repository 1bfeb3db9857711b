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
