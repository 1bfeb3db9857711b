-- the index for recent wishes is gone, remains of a broken build included

DO $$
BEGIN
    ASSERT to_regclass('idx_wishlist_user_created') IS NULL,
        'still there: idx_wishlist_user_created';
END
$$;
