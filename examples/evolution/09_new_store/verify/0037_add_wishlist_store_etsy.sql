-- Etsy can be chosen, directly before Other

DO $$
DECLARE
    stores wishlist_store[] := enum_range(NULL::wishlist_store);
BEGIN
    ASSERT stores[array_position(stores::text[], 'Other') - 1]::text = 'Etsy',
        'before Other there is no Etsy: ' || stores::text;
END
$$;
