-- wishlist_items.remarks and notes agree in every row
-- phase: contract
-- depends: 0022_fill_wishlist_items_remarks

-- Reads the whole table, and lets everybody go on meanwhile. If this fails, the next migration
-- must not run: releases that know the new name would see other values than those they wrote.
DO $prove$
BEGIN
    IF EXISTS (SELECT FROM wishlist_items WHERE remarks IS DISTINCT FROM notes) THEN
        RAISE EXCEPTION 'the two columns differ'
            USING HINT = 'The trigger that keeps them alike was off for a while; fill in what '
                         'is missing, as the migration before this one does.';
    END IF;
END
$prove$;
