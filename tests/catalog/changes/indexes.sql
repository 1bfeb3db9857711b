-- + index shop.plain_idx
CREATE INDEX plain_idx ON shop.plain_table (a);

-- - index shop.items_price_idx
DROP INDEX shop.items_price_idx;

-- - index shop.items_price_idx
-- + index shop.items_cost_idx
ALTER INDEX shop.items_price_idx RENAME TO items_cost_idx;

-- index shop.items_price_idx: valid
UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'shop.items_price_idx'::regclass;

-- index shop.items_price_idx: clustered
ALTER TABLE shop.items CLUSTER ON items_price_idx;

-- column shop.suppliers.rank: not_null
-- index shop.plain_identity_idx: replica_identity
ALTER TABLE shop.suppliers ALTER rank SET NOT NULL;
ALTER TABLE shop.suppliers REPLICA IDENTITY USING INDEX plain_identity_idx;

-- index shop.items_price_idx: definition
ALTER INDEX shop.items_price_idx SET (fillfactor = 60);

-- index shop.items_tags_idx: definition
ALTER INDEX shop.items_tags_idx RESET (fastupdate);

-- index shop.items_lower_idx: statistics
ALTER INDEX shop.items_lower_idx ALTER COLUMN 1 SET STATISTICS 301;

-- index shop.items_price_idx: comment
COMMENT ON INDEX shop.items_price_idx IS NULL;

-- index shop.totals_idx: comment
COMMENT ON INDEX shop.totals_idx IS 'new';

-- index shop.items_partial_idx: definition
DROP INDEX shop.items_partial_idx;
CREATE INDEX items_partial_idx ON shop.items (supplier) INCLUDE (notes) WHERE price > 6;

-- index shop.items_partial_idx: definition
DROP INDEX shop.items_partial_idx;
CREATE INDEX items_partial_idx ON shop.items (supplier) WHERE price > 5;

-- index shop.items_partial_idx: definition
DROP INDEX shop.items_partial_idx;
CREATE INDEX items_partial_idx ON shop.items (supplier) INCLUDE (title) WHERE price > 5;

-- index shop.items_partial_idx: definition
DROP INDEX shop.items_partial_idx;
CREATE INDEX items_partial_idx ON shop.items (supplier, notes) WHERE price > 5;

-- index shop.items_partial_idx: definition
DROP INDEX shop.items_partial_idx;
CREATE UNIQUE INDEX items_partial_idx ON shop.items (supplier) INCLUDE (notes) WHERE price > 5;

-- index shop.items_nulls_idx: definition
DROP INDEX shop.items_nulls_idx;
CREATE UNIQUE INDEX items_nulls_idx ON shop.items (sold_at) WITH (fillfactor = 80);

-- index shop.items_lower_idx: definition
DROP INDEX shop.items_lower_idx;
CREATE INDEX items_lower_idx ON shop.items (upper(title) COLLATE "C" varchar_pattern_ops DESC NULLS LAST);
ALTER INDEX shop.items_lower_idx ALTER COLUMN 1 SET STATISTICS 300;

-- index shop.items_lower_idx: definition
DROP INDEX shop.items_lower_idx;
CREATE INDEX items_lower_idx ON shop.items (lower(title) COLLATE "POSIX" varchar_pattern_ops DESC NULLS LAST);
ALTER INDEX shop.items_lower_idx ALTER COLUMN 1 SET STATISTICS 300;

-- index shop.items_lower_idx: definition
DROP INDEX shop.items_lower_idx;
CREATE INDEX items_lower_idx ON shop.items (lower(title) COLLATE "C" DESC NULLS LAST);
ALTER INDEX shop.items_lower_idx ALTER COLUMN 1 SET STATISTICS 300;

-- index shop.items_lower_idx: definition
DROP INDEX shop.items_lower_idx;
CREATE INDEX items_lower_idx ON shop.items (lower(title) COLLATE "C" varchar_pattern_ops DESC NULLS FIRST);
ALTER INDEX shop.items_lower_idx ALTER COLUMN 1 SET STATISTICS 300;

-- index shop.items_lower_idx: definition
DROP INDEX shop.items_lower_idx;
CREATE INDEX items_lower_idx ON shop.items (lower(title) COLLATE "C" varchar_pattern_ops NULLS LAST);
ALTER INDEX shop.items_lower_idx ALTER COLUMN 1 SET STATISTICS 300;

-- index shop.items_price_idx: definition
DROP INDEX shop.items_price_idx;
CREATE INDEX items_price_idx ON shop.items USING hash (price);
COMMENT ON INDEX shop.items_price_idx IS 'for the till';

-- index shop.items_price_idx: definition
DROP INDEX shop.items_price_idx;
CREATE INDEX items_price_idx ON shop.items (width);
COMMENT ON INDEX shop.items_price_idx IS 'for the till';

-- index shop.items_price_idx: definition, of
DROP INDEX shop.items_price_idx;
CREATE INDEX items_price_idx ON shop.suppliers (rank);
COMMENT ON INDEX shop.items_price_idx IS 'for the till';

-- + index shop.trigrams_idx
CREATE INDEX trigrams_idx ON shop.items USING gist (title depot.gist_trgm_ops (siglen = 32));

-- - index shop.sales_2024_supplier_idx
-- - index shop.sales_rest_supplier_idx
-- index shop.sales_supplier_idx: valid
DROP INDEX shop.sales_supplier_idx;
CREATE INDEX sales_supplier_idx ON ONLY shop.sales (supplier);

-- - index shop.sales_supplier_idx
-- - index shop.sales_2024_supplier_idx
-- - index shop.sales_rest_supplier_idx
DROP INDEX shop.sales_supplier_idx;

-- + index shop.sales_day_idx
-- + index shop.sales_2024_day_idx
-- + index shop.sales_rest_day_idx
CREATE INDEX sales_day_idx ON shop.sales (day);

-- - index shop.sales_2024_supplier_idx
-- + index shop.sales_of_2024_idx
ALTER INDEX shop.sales_2024_supplier_idx RENAME TO sales_of_2024_idx;

-- index shop.totals_idx: definition
DROP INDEX shop.totals_idx;
CREATE INDEX totals_idx ON shop.totals (total);

-- index shop.suppliers_city_idx: definition
DROP INDEX shop.suppliers_city_idx;
CREATE INDEX suppliers_city_idx ON shop.suppliers (city COLLATE "default");

-- index shop.suppliers_city_idx: definition
DROP INDEX shop.suppliers_city_idx;
CREATE INDEX suppliers_city_idx ON shop.suppliers (city COLLATE "POSIX");

-- index shop.suppliers_name_idx: definition
DROP INDEX shop.suppliers_name_idx;
CREATE INDEX suppliers_name_idx ON shop.suppliers (name COLLATE "C", rank);

-- index shop.suppliers_name_idx: definition
DROP INDEX shop.suppliers_name_idx;
CREATE INDEX suppliers_name_idx ON shop.suppliers (name, rank DESC);

-- index shop.suppliers_name_idx: definition
DROP INDEX shop.suppliers_name_idx;
CREATE INDEX suppliers_name_idx ON shop.suppliers (name, rank NULLS FIRST);

-- index shop.suppliers_name_idx: definition
DROP INDEX shop.suppliers_name_idx;
CREATE INDEX suppliers_name_idx ON shop.suppliers (rank, name);

-- index shop.suppliers_name_idx: definition
DROP INDEX shop.suppliers_name_idx;
CREATE INDEX suppliers_name_idx ON shop.suppliers (name);

-- index shop.suppliers_name_idx: definition
DROP INDEX shop.suppliers_name_idx;
CREATE INDEX suppliers_name_idx ON shop.suppliers (name) INCLUDE (rank);

-- index shop.suppliers_name_idx: definition
DROP INDEX shop.suppliers_name_idx;
CREATE INDEX suppliers_name_idx ON shop.suppliers (name text_pattern_ops, rank);

-- index shop.suppliers_name_idx: definition
DROP INDEX shop.suppliers_name_idx;
CREATE INDEX suppliers_name_idx ON shop.suppliers (name, rank) WITH (deduplicate_items = off);

-- index shop.suppliers_name_idx: definition
DROP INDEX shop.suppliers_name_idx;
CREATE UNIQUE INDEX suppliers_name_idx ON shop.suppliers (name, rank);

-- index shop.suppliers_name_idx: definition
DROP INDEX shop.suppliers_name_idx;
CREATE UNIQUE INDEX suppliers_name_idx ON shop.suppliers (name, rank) NULLS NOT DISTINCT;

-- index shop.suppliers_name_idx: definition
DROP INDEX shop.suppliers_name_idx;
CREATE INDEX suppliers_name_idx ON shop.suppliers (name, rank shop.class_ops);

-- nothing
REINDEX INDEX shop.items_price_idx;
DROP INDEX shop.totals_idx;
CREATE INDEX totals_idx ON shop.totals USING btree (supplier ASC NULLS LAST);
