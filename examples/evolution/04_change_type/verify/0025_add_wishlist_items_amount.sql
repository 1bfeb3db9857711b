-- whoever writes the price as text or as a number writes both

DO $$
DECLARE
    wish wishlist_items;
BEGIN
    INSERT INTO wishlist_items (user_id, title, store, price)
    VALUES ('verify-0025', 'as text', 'LEGO', '12.5') RETURNING * INTO wish;
    ASSERT wish.amount = 12.5 AND wish.price = '12.5', 'the text is not read as a number';

    UPDATE wishlist_items SET amount = 7 WHERE id = wish.id RETURNING * INTO wish;
    ASSERT wish.price = '7.00', 'the number is not written as text';

    UPDATE wishlist_items SET price = 'sold out' WHERE id = wish.id RETURNING * INTO wish;
    ASSERT wish.amount IS NULL, 'a price that is no number has an amount';

    UPDATE wishlist_items SET price = NULL WHERE id = wish.id RETURNING * INTO wish;
    ASSERT wish.amount IS NULL, 'an amount stays when the price goes';

    INSERT INTO wishlist_items (user_id, title, store, amount)
    VALUES ('verify-0025', 'as a number', 'LEGO', 3) RETURNING * INTO wish;
    ASSERT wish.price = '3.00', 'the number of a new row is not written as text';
END
$$;
