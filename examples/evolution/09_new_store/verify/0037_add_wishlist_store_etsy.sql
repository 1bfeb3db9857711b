-- Etsy can be chosen, and stands behind the other shops and before Other

DO $$
BEGIN
    ASSERT 'Etsy'::wishlist_store > 'Target' AND 'Etsy'::wishlist_store < 'Other',
        'Etsy does not stand between Target and Other';
END
$$;
