-- What is in the tables under load: :rows wishes, and a set for every tenth of them.
--
-- A user has about fifty wishes. One wish in ten, the first among them, has no updated_by, for the
-- backfill. The sets refer to wishes that exist, for the foreign key. How ids and users are made,
-- stall_clients.py knows, too.

INSERT INTO wishlist_items (id, user_id, title, store, set_number, source_url, price, currency,
                            piece_count, tags, priority, notes, sort_order, updated_by)
SELECT md5(n::text)::uuid,
       'user-' || n % greatest(1, :rows / 50),
       'Wish number ' || n,
       (enum_range(NULL::wishlist_store))[1 + n % 5],
       (10000 + n % 9000)::text || '-1',
       'https://example.org/sets/' || n,
       (n % 500)::text || '.99',
       'EUR',
       1 + n % 4000,
       '["new"]',
       n % 6,
       'seen in the shop',
       n % 50,
       CASE WHEN n % 10 <> 1 THEN 'import' END
FROM generate_series(1, :rows) AS n;

INSERT INTO sets (user_id, title, wishlist_item_id)
SELECT 'user-' || n % greatest(1, :rows / 50), 'Set number ' || n, md5(n::text)::uuid
FROM generate_series(1, :rows / 10) AS n;

CREATE INDEX sets_wishlist_item_id_idx ON sets (wishlist_item_id);

-- Autovacuum stays away until it is wanted (stall_blockers.py); then it has a reason to come, and
-- takes its time.
ALTER TABLE wishlist_items SET (
    autovacuum_enabled = false,
    autovacuum_vacuum_threshold = 1, autovacuum_vacuum_scale_factor = 0,
    autovacuum_vacuum_cost_limit = 1, autovacuum_vacuum_cost_delay = 100,
    autovacuum_vacuum_insert_threshold = -1, autovacuum_analyze_threshold = 2000000000
);

VACUUM ANALYZE;
