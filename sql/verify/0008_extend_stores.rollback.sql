-- Amazon and Target are no stores to choose

DO $$
BEGIN
    ASSERT NOT EXISTS (SELECT FROM pg_enum
                       WHERE enumtypid = 'wishlist_store'::regtype AND enumlabel IN ('Amazon', 'Target')),
        'wishlist_store still has Amazon or Target';
    -- The way back keeps rows out while it reads the table; that must not outlast it.
    ASSERT NOT EXISTS (SELECT FROM pg_constraint
                       WHERE conrelid = 'wishlist_items'::regclass AND conname = 'wishlist_items_store_unused_check'),
        'still there: wishlist_items_store_unused_check';
END
$$;
