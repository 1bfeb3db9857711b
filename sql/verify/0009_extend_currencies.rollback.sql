-- JPY and CNY are no currencies to choose

DO $$
BEGIN
    ASSERT NOT EXISTS (SELECT FROM pg_enum
                       WHERE enumtypid = 'wishlist_currency'::regtype AND enumlabel IN ('JPY', 'CNY')),
        'wishlist_currency still has JPY or CNY';
    -- The way back keeps rows out while it reads the table; that must not outlast it.
    ASSERT NOT EXISTS (SELECT FROM pg_constraint
                       WHERE conrelid = 'wishlist_items'::regclass AND conname = 'wishlist_items_currency_unused_check'),
        'still there: wishlist_items_currency_unused_check';
END
$$;
