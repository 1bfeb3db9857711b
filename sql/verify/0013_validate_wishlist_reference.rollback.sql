-- the reference from sets to the wishlist holds for new rows, and is not validated

DO $$
BEGIN
    ASSERT EXISTS (SELECT FROM pg_constraint
                   WHERE conrelid = 'sets'::regclass AND conname = 'sets_wishlist_item_id_fkey'
                     AND NOT convalidated),
        'sets_wishlist_item_id_fkey is gone, or still validated';
END
$$;
