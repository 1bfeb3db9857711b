-- a few models to look at: an album, instructions with files, parts and pictures
--
-- Every row has an id of its own that never changes, and ON CONFLICT DO NOTHING leaves alone what
-- is there already, whatever has become of it since. Deleted rows come back.

INSERT INTO gallery_albums (id, user_id, title, description, cover_image_id) VALUES
    ('5eed0000-0000-4000-8000-000000000101', 'dev-anna', 'Medieval village',
     'Built between two winters', '5eed0000-0000-4000-8000-000000000201')
ON CONFLICT DO NOTHING;

INSERT INTO gallery_images (id, user_id, title, image_url, thumbnail_url, album_id, tags) VALUES
    ('5eed0000-0000-4000-8000-000000000201', 'dev-anna', 'The mill at dusk',
     'https://img.example.org/dev/mill.jpg', 'https://img.example.org/dev/mill-200.jpg',
     '5eed0000-0000-4000-8000-000000000101', '["castle", "water"]'),
    ('5eed0000-0000-4000-8000-000000000202', 'dev-anna', 'The gate',
     'https://img.example.org/dev/gate.jpg', NULL,
     '5eed0000-0000-4000-8000-000000000101', '["castle"]'),
    ('5eed0000-0000-4000-8000-000000000203', 'dev-ben', 'Blacktron hangar',
     'https://img.example.org/dev/hangar.jpg', NULL, NULL, '["space"]')
ON CONFLICT DO NOTHING;

INSERT INTO gallery_flags (id, image_id, user_id, reason) VALUES
    ('5eed0000-0000-4000-8000-000000000301', '5eed0000-0000-4000-8000-000000000203', 'dev-anna',
     'this picture is from a magazine')
ON CONFLICT DO NOTHING;

INSERT INTO moc_instructions
    (id, user_id, title, type, slug, author, parts_count, theme, difficulty, build_time_hours,
     status, visibility, tags)
VALUES
    ('5eed0000-0000-4000-8000-000000000401', 'dev-anna', 'Watermill', 'moc', 'watermill',
     'Anna', 1240, 'Castle', 'hard', 9, 'published', 'public', '["castle", "water"]'),
    ('5eed0000-0000-4000-8000-000000000402', 'dev-anna', 'Gatehouse', 'moc', 'gatehouse',
     'Anna', 860, 'Castle', 'medium', 6, 'draft', 'private', '["castle"]')
ON CONFLICT DO NOTHING;

INSERT INTO moc_instructions
    (id, user_id, title, type, brand, set_number, release_year, retired, theme, total_piece_count)
VALUES
    ('5eed0000-0000-4000-8000-000000000403', 'dev-ben', 'Galaxy Explorer', 'set',
     'LEGO', '10497', 2022, true, 'Icons', 1254)
ON CONFLICT DO NOTHING;

INSERT INTO moc_files (id, moc_id, file_type, file_url, original_filename, mime_type) VALUES
    ('5eed0000-0000-4000-8000-000000000501', '5eed0000-0000-4000-8000-000000000401',
     'instruction', 'https://files.example.org/dev/watermill.pdf', 'watermill.pdf',
     'application/pdf'),
    ('5eed0000-0000-4000-8000-000000000502', '5eed0000-0000-4000-8000-000000000401',
     'parts-list', 'https://files.example.org/dev/watermill.csv', 'watermill.csv', 'text/csv')
ON CONFLICT DO NOTHING;

INSERT INTO moc_parts_lists (id, moc_id, file_id, title, total_parts_count) VALUES
    ('5eed0000-0000-4000-8000-000000000601', '5eed0000-0000-4000-8000-000000000401',
     '5eed0000-0000-4000-8000-000000000502', 'Everything', '1240')
ON CONFLICT DO NOTHING;

INSERT INTO moc_parts (id, parts_list_id, part_id, part_name, quantity, color) VALUES
    ('5eed0000-0000-4000-8000-000000000701', '5eed0000-0000-4000-8000-000000000601',
     '3005', 'Brick 1 x 1', 212, 'Light Bluish Gray'),
    ('5eed0000-0000-4000-8000-000000000702', '5eed0000-0000-4000-8000-000000000601',
     '98283', 'Brick, Modified 1 x 2 with Masonry Profile', 164, 'Dark Tan'),
    ('5eed0000-0000-4000-8000-000000000703', '5eed0000-0000-4000-8000-000000000601',
     '54200', 'Slope 30 1 x 1 x 2/3', 388, 'Reddish Brown')
ON CONFLICT DO NOTHING;

INSERT INTO moc_gallery_albums (id, moc_id, gallery_album_id) VALUES
    ('5eed0000-0000-4000-8000-000000000801', '5eed0000-0000-4000-8000-000000000401',
     '5eed0000-0000-4000-8000-000000000101')
ON CONFLICT DO NOTHING;

INSERT INTO moc_gallery_images (id, moc_id, gallery_image_id) VALUES
    ('5eed0000-0000-4000-8000-000000000901', '5eed0000-0000-4000-8000-000000000401',
     '5eed0000-0000-4000-8000-000000000201')
ON CONFLICT DO NOTHING;
