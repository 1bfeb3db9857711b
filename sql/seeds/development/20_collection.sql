-- what Anna and Ben wish for, and what they have

INSERT INTO wishlist_items
    (id, user_id, title, store, set_number, source_url, price, currency, piece_count, release_date,
     tags, priority, notes, sort_order)
VALUES
    ('5eed0000-0000-4000-8000-000000001001', 'dev-anna', 'Lion Knights'' Castle', 'LEGO', '10305',
     'https://shop.example.org/10305', '399.99', 'USD', 4514, '2022-08-03',
     '["castle"]', 5, 'wait for double points', 10),
    ('5eed0000-0000-4000-8000-000000001002', 'dev-anna', 'Blacksmith', 'BrickLink', '21325',
     NULL, '189.00', 'EUR', 2164, NULL, '["castle", "retired"]', 3, NULL, 20),
    ('5eed0000-0000-4000-8000-000000001003', 'dev-anna', 'Rowing boat in dark tan', 'Other', NULL,
     NULL, NULL, 'USD', NULL, NULL, '[]', NULL, 'seen at the fair', 30),
    ('5eed0000-0000-4000-8000-000000001004', 'dev-ben', 'Galaxy Explorer', 'LEGO', '10497',
     'https://shop.example.org/10497', '99.99', 'USD', 1254, '2022-08-01',
     '["space"]', 5, NULL, 10),
    ('5eed0000-0000-4000-8000-000000001005', 'dev-ben', 'Mars rover', 'Cata', 'C61020',
     NULL, '45.50', 'GBP', 980, NULL, '["space"]', 1, NULL, 20)
ON CONFLICT DO NOTHING;

INSERT INTO sets
    (id, user_id, title, set_number, store, piece_count, theme, tags, is_built, quantity,
     purchase_price, tax, purchase_date, wishlist_item_id)
VALUES
    ('5eed0000-0000-4000-8000-000000001101', 'dev-ben', 'Galaxy Explorer', '10497', 'LEGO', 1254,
     'Icons', '{space}', true, 1, 99.99, 6.12, '2022-09-14',
     '5eed0000-0000-4000-8000-000000001004'),
    ('5eed0000-0000-4000-8000-000000001102', 'dev-anna', 'Medieval Blacksmith', '3739', 'LEGO', 622,
     'Castle', '{castle,retired}', false, 2, NULL, NULL, NULL, NULL)
ON CONFLICT DO NOTHING;

INSERT INTO set_images (id, set_id, image_url, position) VALUES
    ('5eed0000-0000-4000-8000-000000001201', '5eed0000-0000-4000-8000-000000001101',
     'https://img.example.org/dev/10497-box.jpg', 0),
    ('5eed0000-0000-4000-8000-000000001202', '5eed0000-0000-4000-8000-000000001101',
     'https://img.example.org/dev/10497-built.jpg', 1)
ON CONFLICT DO NOTHING;
