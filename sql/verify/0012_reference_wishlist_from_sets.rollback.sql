-- nothing ties sets to the wishlist; the column, which is older, stays

DO $$
BEGIN
    ASSERT NOT EXISTS (SELECT FROM pg_constraint
                       WHERE conrelid = 'sets'::regclass
                         AND conname = 'sets_wishlist_item_id_fkey'),
        'still there: sets_wishlist_item_id_fkey';
    ASSERT to_regclass('sets_wishlist_item_id_idx') IS NULL,
        'still there: sets_wishlist_item_id_idx';
    ASSERT EXISTS (SELECT FROM pg_attribute
                   WHERE attrelid = 'sets'::regclass AND attname = 'wishlist_item_id'
                     AND NOT attisdropped),
        'sets.wishlist_item_id is gone';
END
$$;
