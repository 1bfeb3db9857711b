-- nothing keeps text and number alike any more

DO $$
BEGIN
    ASSERT to_regprocedure('wishlist_items_price_and_amount()') IS NULL, 'the function is there';
    ASSERT NOT EXISTS (SELECT FROM pg_attribute
                       WHERE attrelid = 'wishlist_items'::regclass AND attname = 'amount'),
        'the column is there';
END
$$;
