-- + table shop.fresh …
CREATE TABLE shop.fresh (a integer CHECK (a > 0), b text UNIQUE);

-- - table shop.volatile …
DROP TABLE shop.volatile;

-- - table shop.volatile …
-- + table shop.lasting …
ALTER TABLE shop.volatile RENAME TO lasting;

-- - table shop.volatile …
-- + table bare.volatile …
ALTER TABLE shop.volatile SET SCHEMA bare;

-- table shop.volatile: persistence
ALTER TABLE shop.volatile SET LOGGED;

-- table shop.no_columns: persistence
ALTER TABLE shop.no_columns SET UNLOGGED;

-- table shop.no_columns: access_method
ALTER TABLE shop.no_columns SET ACCESS METHOD shop_heap;

-- [17] table shop.kept: access_method
ALTER TABLE shop.kept SET ACCESS METHOD shop_heap;

-- table shop.items: options
ALTER TABLE shop.items SET (fillfactor = 75);

-- table shop.items: options
ALTER TABLE shop.items RESET (fillfactor);

-- table shop.plain_table: options
ALTER TABLE shop.plain_table SET (autovacuum_vacuum_cost_delay = 5);

-- table shop.plain_table: options
ALTER TABLE shop.plain_table SET (parallel_workers = 3);

-- table shop.plain_table: options
ALTER TABLE shop.plain_table SET (user_catalog_table = true);

-- table shop.plain_table: options
ALTER TABLE shop.plain_table SET (toast.autovacuum_enabled = false);

-- table shop.plain_table: replica_identity
ALTER TABLE shop.plain_table REPLICA IDENTITY FULL;

-- table shop.plain_table: replica_identity
ALTER TABLE shop.plain_table REPLICA IDENTITY NOTHING;

-- constraint shop.suppliers.suppliers_pkey: replica_identity
ALTER TABLE shop.suppliers REPLICA IDENTITY USING INDEX suppliers_pkey;

-- constraint shop.suppliers.suppliers_name_key: clustered
ALTER TABLE shop.suppliers CLUSTER ON suppliers_name_key;

-- table shop.plain_table: row_security
ALTER TABLE shop.plain_table ENABLE ROW LEVEL SECURITY;

-- table shop.guarded: row_security
ALTER TABLE shop.guarded DISABLE ROW LEVEL SECURITY;

-- table shop.guarded: force_row_security
ALTER TABLE shop.guarded FORCE ROW LEVEL SECURITY;

-- table shop.typed: of_type
ALTER TABLE shop.typed NOT OF;

-- table shop.plain_table: owner
ALTER TABLE shop.plain_table OWNER TO shop_owner;

-- table shop.guarded: owner
ALTER TABLE shop.guarded OWNER TO shop_clerk;

-- table shop.items: comment
COMMENT ON TABLE shop.items IS 'all';

-- table shop.items: comment
COMMENT ON TABLE shop.items IS NULL;

-- table shop.plain_table: comment
COMMENT ON TABLE shop.plain_table IS 'one';

-- table shop.items: grants
REVOKE SELECT ON shop.items FROM shop_reader;

-- table shop.items: grants
REVOKE GRANT OPTION FOR INSERT ON shop.items FROM shop_clerk;

-- table shop.items: grants
GRANT DELETE ON shop.items TO PUBLIC;

-- table shop.items: grants
GRANT TRUNCATE ON shop.items TO shop_owner;

-- table shop.items: grants
REVOKE DELETE ON shop.items FROM CURRENT_USER;

-- table shop.no_columns: grants
GRANT TRIGGER, REFERENCES ON shop.no_columns TO shop_reader;

-- [17] table shop.plain_table: grants
REVOKE MAINTAIN ON shop.plain_table FROM shop_clerk;

-- table shop.items: security_labels
INSERT INTO pg_seclabel VALUES ('shop.items'::regclass, 'pg_class'::regclass, 0, 'test', 'secret');

-- column shop.items.title: security_labels
INSERT INTO pg_seclabel VALUES ('shop.items'::regclass, 'pg_class'::regclass, 3, 'test', 'secret');

-- column shop.stepchild.a: inherited, local
-- column shop.stepchild.b: inherited, local
-- constraint shop.stepchild.parent_a_check: inherited, local
-- table shop.stepchild: inherits
ALTER TABLE shop.stepchild INHERIT shop.parent;

-- table shop.child: inherits
-- column shop.child.a: inherited
-- column shop.child.b: inherited
-- constraint shop.child.parent_a_check: inherited
ALTER TABLE shop.child NO INHERIT shop.parent;

-- column shop.sales_2025.day: inherited
-- column shop.sales_2025.id: inherited
-- column shop.sales_2025.supplier: inherited
-- + constraint shop.sales_2025.sales_2025_pkey
-- + index shop.sales_2025_supplier_idx
-- table shop.sales_2025: partition_bound, partition_of
ALTER TABLE shop.sales ATTACH PARTITION shop.sales_2025 FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');

-- column shop.sales_2024.day: inherited
-- column shop.sales_2024.id: inherited
-- column shop.sales_2024.supplier: inherited
-- constraint shop.sales_2024.sales_2024_pkey: inherited
-- [18] + constraint shop.sales_2024.sales_day_not_null
-- [18] + constraint shop.sales_2024.sales_id_not_null
-- + constraint shop.sales_2024.sales_supplier_fkey
-- index shop.sales_2024_supplier_idx: partition_of
-- table shop.sales_2024: partition_bound, partition_of
ALTER TABLE shop.sales DETACH PARTITION shop.sales_2024;

-- table shop.sales_2024: partition_bound
ALTER TABLE shop.sales DETACH PARTITION shop.sales_2024;
ALTER TABLE shop.sales ATTACH PARTITION shop.sales_2024 FOR VALUES FROM ('2024-01-01') TO ('2024-06-01');

-- table shop.sales_2024: detach_pending
UPDATE pg_inherits SET inhdetachpending = true WHERE inhrelid = 'shop.sales_2024'::regclass;

-- table shop.by_list: partition_key
DROP TABLE shop.by_list;
CREATE TABLE shop.by_list (a integer, b text) PARTITION BY LIST (upper(b));

-- table shop.by_list: partition_key
DROP TABLE shop.by_list;
CREATE TABLE shop.by_list (a integer, b text) PARTITION BY RANGE (lower(b));

-- table shop.by_list: partition_key
DROP TABLE shop.by_list;
CREATE TABLE shop.by_list (a integer, b text) PARTITION BY LIST (lower(b) COLLATE "POSIX" text_pattern_ops);

-- - table shop.by_hash_0 …
DROP TABLE shop.by_hash_0;

-- + table shop.by_hash_1 …
CREATE TABLE shop.by_hash_1 PARTITION OF shop.by_hash FOR VALUES WITH (MODULUS 2, REMAINDER 1);

-- nothing
INSERT INTO shop.plain_table VALUES (1, 'row');
ANALYZE shop.plain_table;

-- nothing
CREATE TEMPORARY TABLE passing (a integer PRIMARY KEY);
CREATE TEMPORARY SEQUENCE passing_by;
CREATE FUNCTION pg_temp.passing() RETURNS integer LANGUAGE sql AS 'SELECT 1';
CREATE TYPE pg_temp.passing_type AS ENUM ('a');
