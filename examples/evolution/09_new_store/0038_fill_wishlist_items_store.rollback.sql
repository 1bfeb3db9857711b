-- wishes from Etsy are found under Other
-- transactional: false
-- batch: id 1000
--
-- No data is lost: the address still tells the shop, and the way forward goes by it. Wishes that
-- were entered under Etsy meanwhile, without an address, stay under Other.

UPDATE wishlist_items SET store = 'Other' WHERE store = 'Etsy';
