-- + publication fresh
CREATE PUBLICATION fresh FOR ALL TABLES;

-- - publication shop_empty
DROP PUBLICATION shop_empty;

-- - publication shop_empty
-- + publication shop_full
ALTER PUBLICATION shop_empty RENAME TO shop_full;

-- publication shop_publication: delete
ALTER PUBLICATION shop_publication SET (publish = 'insert, update, delete');

-- publication shop_publication: insert, truncate, update
ALTER PUBLICATION shop_publication SET (publish = 'truncate');

-- publication shop_publication: via_root
ALTER PUBLICATION shop_publication SET (publish_via_partition_root = true);

-- publication shop_empty: all_tables
UPDATE pg_publication SET puballtables = true WHERE pubname = 'shop_empty';

-- + publication-table shop_publication.shop.guarded
ALTER PUBLICATION shop_publication ADD TABLE shop.guarded;

-- - publication-table shop_publication.shop.suppliers
ALTER PUBLICATION shop_publication DROP TABLE shop.suppliers;

-- publication-table shop_publication.shop.plain_table: where
ALTER PUBLICATION shop_publication
    SET TABLE shop.plain_table (a, b) WHERE (a > 6), TABLE shop.suppliers;

-- publication-table shop_publication.shop.plain_table: columns
ALTER PUBLICATION shop_publication
    SET TABLE shop.plain_table (a, b, c) WHERE (a > 5), TABLE shop.suppliers;

-- publication-table shop_publication.shop.plain_table: columns
ALTER PUBLICATION shop_publication SET TABLE shop.plain_table WHERE (a > 5), TABLE shop.suppliers;

-- publication-table shop_publication.shop.plain_table: where
ALTER PUBLICATION shop_publication SET TABLE shop.plain_table (a, b), TABLE shop.suppliers;

-- + publication-schema shop_schema.bare
ALTER PUBLICATION shop_schema ADD TABLES IN SCHEMA bare;

-- - publication-schema shop_schema.depot
ALTER PUBLICATION shop_schema DROP TABLES IN SCHEMA depot;

-- publication shop_empty: owner
ALTER PUBLICATION shop_empty OWNER TO shop_owner;

-- publication shop_publication: comment
COMMENT ON PUBLICATION shop_publication IS NULL;

-- [18] publication shop_generated: generated_columns
ALTER PUBLICATION shop_generated SET (publish_generated_columns = none);

-- + subscription fresh
CREATE SUBSCRIPTION fresh CONNECTION 'host=nowhere dbname=none' PUBLICATION far
    WITH (connect = false, enabled = false, slot_name = NONE);

-- - subscription shop_subscription
DROP SUBSCRIPTION shop_subscription;

-- - subscription shop_subscription
-- + subscription shop_feed
ALTER SUBSCRIPTION shop_subscription RENAME TO shop_feed;

-- nothing: how it connects may hold a secret
ALTER SUBSCRIPTION shop_subscription CONNECTION 'host=elsewhere dbname=none user=me password=secret';

-- nothing
ALTER SUBSCRIPTION shop_subscription CONNECTION 'host=nowhere dbname=none user=me password=hidden';

-- subscription shop_subscription: publications
ALTER SUBSCRIPTION shop_subscription SET PUBLICATION far_publication, other WITH (refresh = false);

-- subscription shop_subscription: slot, without_slot
ALTER SUBSCRIPTION shop_subscription SET (slot_name = 'slot');

-- subscription shop_subscription: synchronous_commit
ALTER SUBSCRIPTION shop_subscription SET (synchronous_commit = 'off');

-- subscription shop_subscription: binary
ALTER SUBSCRIPTION shop_subscription SET (binary = true);

-- subscription shop_subscription: streaming
ALTER SUBSCRIPTION shop_subscription SET (streaming = true);

-- subscription shop_subscription: disable_on_error
ALTER SUBSCRIPTION shop_subscription SET (disable_on_error = true);

-- subscription shop_subscription: enabled, without_slot
ALTER SUBSCRIPTION shop_subscription SET (slot_name = 'shop_subscription');
ALTER SUBSCRIPTION shop_subscription ENABLE;

-- [16] subscription shop_subscription: password_required
ALTER SUBSCRIPTION shop_subscription SET (password_required = false);

-- [16] subscription shop_subscription: run_as_owner
ALTER SUBSCRIPTION shop_subscription SET (run_as_owner = true);

-- [16] subscription shop_subscription: origin
ALTER SUBSCRIPTION shop_subscription SET (origin = none);

-- subscription shop_subscription: two_phase
UPDATE pg_subscription SET subtwophasestate = 'e' WHERE subname = 'shop_subscription';

-- [17] subscription shop_subscription: failover
UPDATE pg_subscription SET subfailover = true WHERE subname = 'shop_subscription';

-- subscription shop_subscription: owner
ALTER ROLE shop_owner SUPERUSER;
ALTER SUBSCRIPTION shop_subscription OWNER TO shop_owner;

-- subscription shop_subscription: comment
COMMENT ON SUBSCRIPTION shop_subscription IS NULL;
