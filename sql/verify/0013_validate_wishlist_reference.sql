-- the reference from sets to the wishlist holds for the old rows as well

-- Validated: else NOT VALID would stand behind it.
DO $$
DECLARE
    broken text;
BEGIN
    SELECT string_agg(name || ' ' || definition, '; ') INTO broken FROM (
        VALUES
            ('sets_wishlist_item_id_fkey', 'FOREIGN KEY (wishlist_item_id) REFERENCES wishlist_items(id) ON DELETE SET NULL')
        EXCEPT
        SELECT conname, pg_get_constraintdef(oid, true)
        FROM pg_constraint
        WHERE conrelid = 'sets'::regclass
    ) AS promised (name, definition);
    ASSERT broken IS NULL, 'no such constraint on sets: ' || broken;
END
$$;
