-- Amazon and Target are stores to choose, in this order, and Other is still the last

DO $$
BEGIN
    ASSERT (SELECT array_agg(enumlabel::text ORDER BY enumsortorder)
            FROM pg_enum
            WHERE enumtypid = 'wishlist_store'::regtype
              AND enumlabel IN ('BrickLink', 'Amazon', 'Target', 'Other'))
        = ARRAY['BrickLink', 'Amazon', 'Target', 'Other'],
        'wishlist_store has not BrickLink, Amazon, Target, Other in this order';

    ASSERT (SELECT enumlabel
            FROM pg_enum
            WHERE enumtypid = 'wishlist_store'::regtype
            ORDER BY enumsortorder DESC
            LIMIT 1) = 'Other',
        'Other is not the last of wishlist_store';
END
$$;

-- A wish can have them.
INSERT INTO wishlist_items (user_id, title, store)
VALUES ('verify-0008', 'a set', 'Amazon'),
       ('verify-0008', 'another', 'Target');
