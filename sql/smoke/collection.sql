-- a wish that comes true: wished for, bought, crossed off

DO $$
DECLARE
    wish wishlist_items;
    bought uuid;
BEGIN
    INSERT INTO wishlist_items (user_id, title, store, set_number, price, priority)
    VALUES ('smoke-anna', 'Galaxy Explorer', 'LEGO', '10497', '99.99', 5)
    RETURNING * INTO wish;
    ASSERT wish.currency = 'USD' AND wish.tags = '[]' AND wish.sort_order = 0,
        'a new wish has other defaults';

    BEGIN
        INSERT INTO wishlist_items (user_id, title, store, priority)
        VALUES ('smoke-anna', 'Too much wanted', 'LEGO', 10);
        RAISE EXCEPTION 'a wish with priority 10 was accepted';
    EXCEPTION
        WHEN check_violation THEN NULL; -- as it should be
    END;

    BEGIN
        INSERT INTO wishlist_items (user_id, title, store)
        VALUES ('smoke-anna', 'From nowhere', 'A store of that name');
        RAISE EXCEPTION 'a store that is not among the choices was accepted';
    EXCEPTION
        WHEN invalid_text_representation THEN NULL; -- as it should be
    END;

    BEGIN
        INSERT INTO wishlist_items (user_id, store) VALUES ('smoke-anna', 'LEGO');
        RAISE EXCEPTION 'a wish without a title was accepted';
    EXCEPTION
        WHEN not_null_violation THEN NULL; -- as it should be
    END;

    INSERT INTO sets (user_id, title, set_number, purchase_price, tax, wishlist_item_id)
    VALUES ('smoke-anna', wish.title, wish.set_number, 99.99, 6.12, wish.id)
    RETURNING id INTO bought;
    INSERT INTO set_images (set_id, image_url, position)
    VALUES (bought, 'https://img.example.org/smoke/box.jpg', 0),
           (bought, 'https://img.example.org/smoke/built.jpg', 1);

    BEGIN
        INSERT INTO set_images (set_id, image_url) VALUES (gen_random_uuid(), 'https://img.example.org/x');
        RAISE EXCEPTION 'a picture of no set was accepted';
    EXCEPTION
        WHEN foreign_key_violation THEN NULL; -- as it should be
    END;

    BEGIN
        INSERT INTO sets (user_id, title, wishlist_item_id)
        VALUES ('smoke-anna', 'Wished by nobody', gen_random_uuid());
        RAISE EXCEPTION 'a set names a wish that does not exist';
    EXCEPTION
        WHEN foreign_key_violation THEN NULL; -- as it should be
    END;

    -- Crossed off: the set stays, and names no wish any more.
    DELETE FROM wishlist_items WHERE id = wish.id;
    ASSERT EXISTS (SELECT FROM sets WHERE id = bought AND wishlist_item_id IS NULL),
        'a set did not outlive its wish, or still names it';

    DELETE FROM sets WHERE id = bought;
    ASSERT NOT EXISTS (SELECT FROM set_images WHERE set_id = bought), 'pictures outlived their set';
END
$$;
