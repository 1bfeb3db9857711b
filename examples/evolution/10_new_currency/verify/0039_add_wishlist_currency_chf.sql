-- CHF can be chosen, and is the last of the currencies

DO $$
BEGIN
    ASSERT enum_last(NULL::wishlist_currency)::text = 'CHF',
        'the currencies are ' || enum_range(NULL::wishlist_currency)::text;
END
$$;
