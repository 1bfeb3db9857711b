-- every amount is a price as well, after the way back
-- transactional: false
-- batch: id 1000
--
-- No data is lost. The way back of the next migration makes price anew, empty in all rows but those
-- written since.

UPDATE wishlist_items SET price = amount WHERE price IS NULL AND amount IS NOT NULL;
