-- every moc_id of wishlist_items is there in moc_instructions
-- depends: 0035_reference_moc_instructions_from_wishlist_items

-- In a migration of its own, because a lock lasts to the end of its transaction: here it is SHARE
-- UPDATE EXCLUSIVE, under which clients read and write on, however long the reading takes.
-- Fails, and changes nothing, if a row breaks the rule. To see such rows:
--     SELECT * FROM wishlist_items AS c WHERE c.moc_id IS NOT NULL AND NOT EXISTS (SELECT FROM moc_instructions AS p WHERE p.id = c.moc_id);
ALTER TABLE wishlist_items VALIDATE CONSTRAINT wishlist_items_moc_id_fkey;

COMMENT ON CONSTRAINT wishlist_items_moc_id_fkey ON wishlist_items IS 'A wish outlives the instructions it was for: its title still says what it was.';
