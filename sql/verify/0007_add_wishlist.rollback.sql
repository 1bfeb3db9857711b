-- neither the wishlist nor its types remain

DO $$
BEGIN
    ASSERT to_regclass('wishlist_items') IS NULL, 'still there: the table wishlist_items';
    ASSERT to_regtype('wishlist_store') IS NULL, 'still there: the type wishlist_store';
    ASSERT to_regtype('wishlist_currency') IS NULL, 'still there: the type wishlist_currency';
END
$$;
