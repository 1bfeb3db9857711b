-- no price would be lost without the text
-- phase: contract
-- depends: 0026_fill_wishlist_items_amount

-- Reads the whole table, and lets everybody go on meanwhile. If this fails, the next migration must
-- not run: it would drop prices that are nowhere else.
DO $prove$
BEGIN
    IF EXISTS (SELECT FROM wishlist_items WHERE price IS NOT NULL AND amount IS NULL) THEN
        RAISE EXCEPTION 'there are prices that are no numbers'
            USING HINT = 'SELECT id, price FROM wishlist_items WHERE price IS NOT NULL AND '
                         'amount IS NULL; then give each a price that is one, or none.';
    END IF;
END
$prove$;
