-- Columns
ALTER TABLE orders ADD COLUMN note text ;;
ALTER TABLE orders ADD COLUMN state text NOT NULL DEFAULT 'new' ;; safe as it is: the default is kept in the catalog
ALTER TABLE orders ADD COLUMN key uuid DEFAULT gen_random_uuid() ;; add it without default, SET DEFAULT, fill old rows in batches
ALTER TABLE orders ADD COLUMN seq bigserial ;; add a bigint, fill it in batches, then a default from a sequence
ALTER TABLE orders ADD COLUMN gross numeric GENERATED ALWAYS AS (net * 1.2) STORED ;; a plain column, a trigger, batches; or VIRTUAL (PostgreSQL 18)
ALTER TABLE orders ADD COLUMN shop int REFERENCES shops ;; add the column; then the foreign key NOT VALID; then VALIDATE
ALTER TABLE orders ADD COLUMN n int CHECK (n > 0) ;; add the column; then the CHECK NOT VALID; then VALIDATE
ALTER TABLE orders DROP COLUMN note ;; first the release that no longer uses it
ALTER TABLE orders RENAME COLUMN note TO remark ;; add the new one, write both, move the readers, drop the old one
ALTER TABLE orders ALTER COLUMN note SET DEFAULT '' ;;
ALTER TABLE orders ALTER COLUMN id TYPE bigint ;; add a column of the new type, keep it in step by a trigger, fill it in batches, swap
ALTER TABLE orders ALTER COLUMN note SET NOT NULL ;; ADD CHECK (note IS NOT NULL) NOT VALID; VALIDATE; SET NOT NULL; DROP the CHECK
ALTER TABLE orders ALTER COLUMN note DROP NOT NULL ;;
ALTER TABLE orders ALTER COLUMN note SET STATISTICS 500 ;;
-- Constraints
ALTER TABLE orders ADD CONSTRAINT c CHECK (net > 0) ;; ADD … NOT VALID; VALIDATE CONSTRAINT in another transaction
ALTER TABLE orders ADD CONSTRAINT c CHECK (net > 0) NOT VALID ;;
ALTER TABLE orders ADD CONSTRAINT fk FOREIGN KEY (shop) REFERENCES shops ;; ADD … NOT VALID; VALIDATE CONSTRAINT in another transaction
ALTER TABLE orders ADD CONSTRAINT fk FOREIGN KEY (shop) REFERENCES shops NOT VALID ;;
ALTER TABLE orders VALIDATE CONSTRAINT c ;; safe as it is
ALTER TABLE orders ADD CONSTRAINT u UNIQUE (number) ;; CREATE UNIQUE INDEX CONCURRENTLY; ADD CONSTRAINT … UNIQUE USING INDEX
ALTER TABLE orders ADD CONSTRAINT u UNIQUE USING INDEX orders_u ;; safe as it is
ALTER TABLE orders ADD PRIMARY KEY (id) ;; CREATE UNIQUE INDEX CONCURRENTLY; ADD PRIMARY KEY USING INDEX, with the columns NOT NULL
ALTER TABLE orders DROP CONSTRAINT fk ;;
-- Tables
CREATE TABLE orders (id int PRIMARY KEY) ;;
CREATE TABLE orders (id int, shop int REFERENCES shops) ;; create it without; then ADD FOREIGN KEY in a short transaction of its own
CREATE TABLE orders_2031 PARTITION OF orders FOR VALUES FROM (2031) TO (2032) ;; CREATE TABLE … (LIKE orders); ATTACH PARTITION
ALTER TABLE orders ATTACH PARTITION orders_2031 FOR VALUES FROM (2031) TO (2032) ;; first a validated CHECK with the bounds; one on the default partition that excludes them
ALTER TABLE orders DETACH PARTITION orders_2031 ;; DETACH PARTITION … CONCURRENTLY
ALTER TABLE orders DETACH PARTITION orders_2031 CONCURRENTLY ;; safe as it is
DROP TABLE orders ;; first drop its foreign keys, one at a time
TRUNCATE orders ;; DELETE in batches
ALTER TABLE orders RENAME TO purchases ;; a view of the old name in the same transaction
ALTER TABLE orders SET SCHEMA archive ;;
ALTER TABLE orders OWNER TO accounts ;;
ALTER TABLE orders SET (fillfactor = 70) ;;
ALTER TABLE orders SET UNLOGGED ;; only in a maintenance window
ALTER TABLE orders SET TABLESPACE fast ;; only in a maintenance window
ALTER TABLE orders ENABLE ROW LEVEL SECURITY ;;
ALTER TABLE orders DISABLE TRIGGER orders_audit ;;
-- Indexes
CREATE INDEX orders_n ON orders (number) ;; CREATE INDEX CONCURRENTLY
CREATE INDEX CONCURRENTLY orders_n ON orders (number) ;; safe as it is
DROP INDEX orders_n ;; DROP INDEX CONCURRENTLY
DROP INDEX CONCURRENTLY orders_n ;; safe as it is
REINDEX INDEX orders_n ;; REINDEX INDEX CONCURRENTLY
REINDEX TABLE orders ;; REINDEX TABLE CONCURRENTLY
REINDEX TABLE CONCURRENTLY orders ;; safe as it is
ALTER INDEX orders_n RENAME TO orders_number ;; safe as it is
-- Types, sequences, views
ALTER TYPE store ADD VALUE 'Etsy' ;; safe as it is, alone in its file: the label cannot be used before commit
ALTER TYPE store RENAME VALUE 'Etsy' TO 'Other' ;; safe as it is
ALTER DOMAIN email ADD CONSTRAINT c CHECK (VALUE <> '') ;; ADD … NOT VALID; VALIDATE CONSTRAINT
DROP TYPE store ;;
ALTER SEQUENCE orders_id_seq RESTART ;;
CREATE VIEW recent AS SELECT * FROM orders ;;
CREATE OR REPLACE VIEW recent AS SELECT * FROM orders ;;
CREATE MATERIALIZED VIEW totals AS SELECT count(*) FROM orders ;;
REFRESH MATERIALIZED VIEW totals ;; REFRESH MATERIALIZED VIEW CONCURRENTLY (needs a unique index)
REFRESH MATERIALIZED VIEW CONCURRENTLY totals ;; safe as it is
-- Triggers, rules, policies, grants
CREATE TRIGGER audit AFTER UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION audit() ;;
DROP TRIGGER audit ON orders ;;
CREATE RULE r AS ON DELETE TO orders DO INSTEAD NOTHING ;;
CREATE POLICY own ON orders USING (true) ;;
CREATE STATISTICS s ON shop, state FROM orders ;;
CREATE PUBLICATION feed FOR TABLE orders ;;
GRANT SELECT ON orders TO reader ;;
COMMENT ON TABLE orders IS 'what was bought' ;;
-- Data
SELECT * FROM orders ;;
SELECT * FROM orders FOR UPDATE ;;
INSERT INTO orders VALUES (1) ;;
UPDATE orders SET state = 'new' ;; in batches by key
DELETE FROM orders ;; in batches by key
LOCK TABLE orders ;;
DO $$ BEGIN PERFORM 1; END $$ ;;
-- Maintenance
ANALYZE orders ;;
VACUUM orders ;;
VACUUM FULL orders ;; only in a maintenance window
CLUSTER orders USING orders_n ;; only in a maintenance window
ALTER SYSTEM SET work_mem = '64MB' ;;
CREATE DATABASE shop ;;
