-- a set names no wish that does not exist, and outlives the one that it names

-- The index behind the foreign key, whole and in use.
DO $$
DECLARE
    broken text;
BEGIN
    SELECT string_agg(name || ' ' || definition, '; ') INTO broken FROM (
        VALUES
            ('sets_wishlist_item_id_idx', 'btree (wishlist_item_id)')
        EXCEPT
        SELECT indexrelid::regclass::text, split_part(pg_get_indexdef(indexrelid, 0, true), ' USING ', 2)
        FROM pg_index
        WHERE indrelid = 'sets'::regclass
          AND indisvalid AND NOT indisunique
    ) AS promised (name, definition);
    ASSERT broken IS NULL, 'no such valid index on sets: ' || broken;
END
$$;

-- Whether the rows that were there before have been checked is for 0013 to say.
DO $$
DECLARE
    broken text;
BEGIN
    SELECT string_agg(name || ' ' || definition, '; ') INTO broken FROM (
        VALUES
            ('sets_wishlist_item_id_fkey', 'FOREIGN KEY (wishlist_item_id) REFERENCES wishlist_items(id) ON DELETE SET NULL')
        EXCEPT
        SELECT conname, replace(pg_get_constraintdef(oid, true), ' NOT VALID', '')
        FROM pg_constraint
        WHERE conrelid = 'sets'::regclass
    ) AS promised (name, definition);
    ASSERT broken IS NULL, 'no such constraint on sets: ' || broken;
END
$$;

-- A wish that is gone leaves the set that fulfilled it.
DO $$
DECLARE
    wish uuid;
    bought uuid;
BEGIN
    INSERT INTO wishlist_items (user_id, title, store)
    VALUES ('verify-0012', 'a castle', 'LEGO')
    RETURNING id INTO wish;
    INSERT INTO sets (user_id, title, wishlist_item_id)
    VALUES ('verify-0012', 'a castle', wish)
    RETURNING id INTO bought;

    DELETE FROM wishlist_items WHERE id = wish;
    ASSERT EXISTS (SELECT FROM sets WHERE id = bought AND wishlist_item_id IS NULL),
        'a set did not outlive its wish, or still names it';
END
$$;

-- A set cannot name a wish that does not exist.
DO $$
BEGIN
    INSERT INTO sets (user_id, title, wishlist_item_id)
    VALUES ('verify-0012', 'a ship', gen_random_uuid());
    RAISE EXCEPTION 'a set names a wish that does not exist';
EXCEPTION
    WHEN foreign_key_violation THEN NULL; -- as it should be
END
$$;
