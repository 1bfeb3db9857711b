-- CHF can be chosen, and stands behind the currencies that were there before

DO $$
BEGIN
    ASSERT 'CHF'::wishlist_currency > 'CNY', 'CHF stands before CNY';
END
$$;
