-- every wish has a token, and nobody can leave it empty

DO $$
BEGIN
    ASSERT (SELECT attnotnull FROM pg_attribute
            WHERE attrelid = 'wishlist_items'::regclass AND attname = 'share_token'),
        'wishlist_items.share_token is not NOT NULL';
    ASSERT NOT EXISTS (SELECT FROM pg_constraint
                       WHERE conname = 'wishlist_items_share_token_check'),
        'the check that made way for it is still there';
END
$$;
