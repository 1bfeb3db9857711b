-- every price that is a number is an amount as well
-- transactional: false
-- batch: id 1000
-- phase: expand
-- depends: 0025_add_wishlist_items_amount

-- Rows from before the column have nothing in amount yet. What a price is as a number is said once,
-- in the trigger: it does the work when price is written, here with what it is already.
UPDATE wishlist_items SET price = price WHERE price IS NOT NULL AND amount IS NULL;
