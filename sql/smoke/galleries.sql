-- a gallery: an album, pictures in it, reports about them

DO $$
DECLARE
    album uuid;
    shown uuid;
    loose uuid;
BEGIN
    INSERT INTO gallery_albums (user_id, title, description)
    VALUES ('smoke-anna', 'Castles', 'What I built in winter')
    RETURNING id INTO album;

    INSERT INTO gallery_images (user_id, title, image_url, album_id, tags)
    VALUES ('smoke-anna', 'The gate', 'https://img.example.org/smoke/gate.jpg', album, '["castle"]')
    RETURNING id INTO shown;
    INSERT INTO gallery_images (user_id, title, image_url)
    VALUES ('smoke-anna', 'A loose one', 'https://img.example.org/smoke/loose.jpg')
    RETURNING id INTO loose;
    UPDATE gallery_albums SET cover_image_id = shown, last_updated_at = now() WHERE id = album;

    INSERT INTO gallery_flags (image_id, user_id, reason)
    VALUES (shown, 'smoke-ben', 'not yours'), (shown, 'smoke-cleo', NULL), (loose, 'smoke-ben', NULL);
    UPDATE gallery_images SET flagged = true WHERE id = shown;

    BEGIN
        INSERT INTO gallery_flags (image_id, user_id) VALUES (shown, 'smoke-ben');
        RAISE EXCEPTION 'one user reported a picture twice';
    EXCEPTION
        WHEN unique_violation THEN NULL; -- as it should be
    END;

    BEGIN
        INSERT INTO gallery_flags (image_id, user_id) VALUES (gen_random_uuid(), 'smoke-ben');
        RAISE EXCEPTION 'a picture that does not exist was reported';
    EXCEPTION
        WHEN foreign_key_violation THEN NULL; -- as it should be
    END;

    -- Reports go with their picture, and only with theirs.
    DELETE FROM gallery_images WHERE id = shown;
    ASSERT (SELECT array_agg(image_id) FROM gallery_flags WHERE user_id LIKE 'smoke-%') = ARRAY[loose],
        'not just the reports about the deleted picture are gone';

    -- An album is a view of pictures: it goes, and they stay.
    DELETE FROM gallery_albums WHERE id = album;
    ASSERT EXISTS (SELECT FROM gallery_images WHERE id = loose), 'a picture went with an album';
END
$$;
