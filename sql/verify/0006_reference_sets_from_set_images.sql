-- pictures belong to a set that exists, and go with it

-- Validated: else NOT VALID would stand behind it.
DO $$
DECLARE
    broken text;
BEGIN
    SELECT string_agg(name || ' ' || definition, '; ') INTO broken FROM (
        VALUES
            ('set_images_set_id_fkey', 'FOREIGN KEY (set_id) REFERENCES sets(id) ON DELETE CASCADE')
        EXCEPT
        SELECT conname, pg_get_constraintdef(oid, true)
        FROM pg_constraint
        WHERE conrelid = 'set_images'::regclass
    ) AS promised (name, definition);
    ASSERT broken IS NULL, 'no such constraint on set_images: ' || broken;
END
$$;

-- A picture of a set that does not exist is refused.
DO $$
BEGIN
    INSERT INTO set_images (set_id, image_url) VALUES (gen_random_uuid(), 'verify-0006');
    RAISE EXCEPTION 'a picture of no set was accepted';
EXCEPTION
    WHEN foreign_key_violation THEN NULL; -- as it should be
END
$$;
