-- a wish names instructions that exist, and outlives them

DO $$
DECLARE
    moc uuid;
    wish uuid;
BEGIN
    INSERT INTO moc_instructions (user_id, title, type) VALUES ('verify-0035', 'Mill', 'moc')
    RETURNING id INTO moc;
    INSERT INTO wishlist_items (user_id, title, store, moc_id)
    VALUES ('verify-0035', 'Mill', 'Other', moc) RETURNING id INTO wish;
    DELETE FROM moc_instructions WHERE id = moc;
    ASSERT (SELECT moc_id IS NULL FROM wishlist_items WHERE id = wish),
        'the wish still names instructions that are gone';
    BEGIN
        UPDATE wishlist_items SET moc_id = moc WHERE id = wish;
    EXCEPTION WHEN foreign_key_violation THEN
        RETURN;
    END;
    RAISE EXCEPTION 'a wish may name instructions that are not there';
END
$$;
