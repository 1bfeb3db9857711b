-- the index for releases still to come is gone

DO $$
BEGIN
    ASSERT to_regclass('idx_wishlist_release_date') IS NULL,
        'still there: idx_wishlist_release_date';
END
$$;
