-- the index for releases still to come is there, whole, and partial

-- It is whole and in use.
DO $$
DECLARE
    broken text;
BEGIN
    SELECT string_agg(name || ' ' || definition, '; ') INTO broken FROM (
        VALUES
            ('idx_wishlist_release_date', 'btree (release_date) WHERE release_date IS NOT NULL')
        EXCEPT
        SELECT indexrelid::regclass::text, split_part(pg_get_indexdef(indexrelid, 0, true), ' USING ', 2)
        FROM pg_index
        WHERE indrelid = 'wishlist_items'::regclass
          AND indisvalid AND NOT indisunique
    ) AS promised (name, definition);
    ASSERT broken IS NULL, 'no such valid index on wishlist_items: ' || broken;
END
$$;
