-- JPY and CNY are currencies to choose, behind the five that were there

DO $$
BEGIN
    ASSERT (SELECT array_agg(enumlabel::text ORDER BY enumsortorder)
            FROM pg_enum
            WHERE enumtypid = 'wishlist_currency'::regtype
              AND enumlabel IN ('USD', 'EUR', 'GBP', 'CAD', 'AUD', 'JPY', 'CNY'))
        = ARRAY['USD', 'EUR', 'GBP', 'CAD', 'AUD', 'JPY', 'CNY'],
        'wishlist_currency has not USD, EUR, GBP, CAD, AUD, JPY, CNY in this order';
END
$$;

-- A wish can have them.
INSERT INTO wishlist_items (user_id, title, store, price, currency)
VALUES ('verify-0009', 'a set', 'Other', '12800', 'JPY'),
       ('verify-0009', 'another', 'Other', '699', 'CNY');
