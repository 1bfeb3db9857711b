-- a wish without pieces is refused, one of which nobody knows is not

DO $$
BEGIN
    INSERT INTO wishlist_items (user_id, title, store) VALUES ('verify-0031', 'not known', 'LEGO');
    BEGIN
        INSERT INTO wishlist_items (user_id, title, store, piece_count)
        VALUES ('verify-0031', 'none', 'LEGO', 0);
    EXCEPTION WHEN check_violation THEN
        RETURN;
    END;
    RAISE EXCEPTION 'a wish with 0 pieces is taken';
END
$$;
