-- instructions: a model with its files, parts lists, parts and pictures

DO $$
DECLARE
    model moc_instructions;
    manual uuid;
    list uuid;
    picture uuid;
    album uuid;
BEGIN
    INSERT INTO moc_instructions (user_id, title, type, slug, author, difficulty)
    VALUES ('smoke-anna', 'Watermill', 'moc', 'watermill', 'Anna', 'hard')
    RETURNING * INTO model;
    ASSERT model.status = 'draft' AND model.visibility = 'private', 'a new model is not a private draft';

    INSERT INTO moc_files (moc_id, file_type, file_url, original_filename)
    VALUES (model.id, 'instruction', 'https://files.example.org/smoke/mill.pdf', 'mill.pdf')
    RETURNING id INTO manual;

    INSERT INTO moc_parts_lists (moc_id, file_id, title)
    VALUES (model.id, manual, 'Everything')
    RETURNING id INTO list;
    INSERT INTO moc_parts (parts_list_id, part_id, part_name, quantity, color)
    SELECT list, (3000 + n)::text, 'Brick ' || n, n, 'Reddish Brown' FROM generate_series(1, 100) AS n;

    INSERT INTO gallery_albums (user_id, title) VALUES ('smoke-anna', 'Mills') RETURNING id INTO album;
    INSERT INTO gallery_images (user_id, title, image_url)
    VALUES ('smoke-anna', 'Mill', 'https://img.example.org/smoke/mill.jpg')
    RETURNING id INTO picture;
    INSERT INTO moc_gallery_albums (moc_id, gallery_album_id) VALUES (model.id, album);
    INSERT INTO moc_gallery_images (moc_id, gallery_image_id) VALUES (model.id, picture);

    BEGIN
        INSERT INTO moc_instructions (user_id, title, type) VALUES ('smoke-anna', 'Watermill', 'moc');
        RAISE EXCEPTION 'two models of one user have the same title';
    EXCEPTION
        WHEN unique_violation THEN NULL; -- as it should be
    END;

    BEGIN
        INSERT INTO moc_instructions (user_id, title, type, slug)
        VALUES ('smoke-anna', 'Another mill', 'moc', 'watermill');
        RAISE EXCEPTION 'two models of one user have the same slug';
    EXCEPTION
        WHEN unique_violation THEN NULL; -- as it should be
    END;

    BEGIN
        INSERT INTO moc_files (moc_id, file_type, file_url, original_filename)
        VALUES (model.id, 'instruction', 'https://files.example.org/smoke/2.pdf', 'mill.pdf');
        RAISE EXCEPTION 'a model has two files of one name';
    EXCEPTION
        WHEN unique_violation THEN NULL; -- as it should be
    END;

    -- Another user may have the same title and slug.
    INSERT INTO moc_instructions (user_id, title, type, slug)
    VALUES ('smoke-ben', 'Watermill', 'moc', 'watermill');

    -- A list outlives the file that it came from.
    DELETE FROM moc_files WHERE id = manual;
    ASSERT EXISTS (SELECT FROM moc_parts_lists WHERE id = list AND file_id IS NULL),
        'a parts list went with its file, or still names it';

    -- All that belongs to a model goes with it, and what it only shows stays.
    DELETE FROM moc_instructions WHERE id = model.id;
    ASSERT NOT EXISTS (SELECT FROM moc_parts WHERE parts_list_id = list), 'parts outlived their model';
    ASSERT NOT EXISTS (SELECT FROM moc_gallery_images WHERE moc_id = model.id)
       AND NOT EXISTS (SELECT FROM moc_gallery_albums WHERE moc_id = model.id),
        'links outlived their model';
    ASSERT EXISTS (SELECT FROM gallery_images WHERE id = picture)
       AND EXISTS (SELECT FROM gallery_albums WHERE id = album),
        'a picture or album went with a model that showed it';
END
$$;
