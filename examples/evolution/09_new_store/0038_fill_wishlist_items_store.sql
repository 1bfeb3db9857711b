-- wishes from Etsy that were entered under Other are found under Etsy
-- transactional: false
-- batch: id 1000
-- depends: 0037_add_wishlist_store_etsy

-- In a migration of its own: a value cannot be used before the COMMIT that adds it.
-- Batch by batch, each a transaction of its own, so that no row is locked for long and a run that
-- was broken off goes on with the next batch.
UPDATE wishlist_items SET store = 'Etsy' WHERE store = 'Other' AND source_url LIKE 'https://www.etsy.com/%';
