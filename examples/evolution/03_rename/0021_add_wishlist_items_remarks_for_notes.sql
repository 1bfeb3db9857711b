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
