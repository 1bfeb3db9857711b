-- + constraint shop.plain_table.plain_check
ALTER TABLE shop.plain_table ADD CONSTRAINT plain_check CHECK (a > 0);

-- + constraint shop.plain_table.plain_key
ALTER TABLE shop.plain_table ADD CONSTRAINT plain_key UNIQUE (a);

-- + constraint shop.plain_table.plain_pkey
-- column shop.plain_table.a: not_null
ALTER TABLE shop.plain_table ADD CONSTRAINT plain_pkey PRIMARY KEY (a);

-- + constraint shop.plain_table.plain_fkey
ALTER TABLE shop.plain_table ADD CONSTRAINT plain_fkey FOREIGN KEY (a) REFERENCES shop.items (id);

-- + constraint shop.plain_table.plain_excl
ALTER TABLE shop.plain_table ADD CONSTRAINT plain_excl EXCLUDE (a WITH =);

-- - constraint shop.items.items_price_check
ALTER TABLE shop.items DROP CONSTRAINT items_price_check;

-- - constraint shop.items.items_title_key
ALTER TABLE shop.items DROP CONSTRAINT items_title_key;

-- - constraint shop.items.items_supplier_fkey
ALTER TABLE shop.items DROP CONSTRAINT items_supplier_fkey;

-- - constraint shop.items.items_during_excl
ALTER TABLE shop.items DROP CONSTRAINT items_during_excl;

-- - constraint shop.items.items_pkey
ALTER TABLE shop.items DROP CONSTRAINT items_pkey;

-- - constraint shop.items.items_price_check
-- + constraint shop.items.items_price_rule
ALTER TABLE shop.items RENAME CONSTRAINT items_price_check TO items_price_rule;

-- - constraint shop.items.items_title_key
-- + constraint shop.items.items_title_rule
ALTER INDEX shop.items_title_key RENAME TO items_title_rule;

-- constraint shop.items.items_price_check: definition
ALTER TABLE shop.items DROP CONSTRAINT items_price_check;
ALTER TABLE shop.items ADD CONSTRAINT items_price_check CHECK (price > 0);
COMMENT ON CONSTRAINT items_price_check ON shop.items IS 'no presents';

-- constraint shop.items.items_width_check: definition
ALTER TABLE shop.items DROP CONSTRAINT items_width_check;
ALTER TABLE shop.items ADD CONSTRAINT items_width_check CHECK (width > 0);

-- constraint shop.items.items_notes_check: validated
ALTER TABLE shop.items VALIDATE CONSTRAINT items_notes_check;

-- constraint shop.items.items_price_check: validated
ALTER TABLE shop.items DROP CONSTRAINT items_price_check;
ALTER TABLE shop.items ADD CONSTRAINT items_price_check CHECK (price >= 0) NOT VALID;
COMMENT ON CONSTRAINT items_price_check ON shop.items IS 'no presents';

-- constraint shop.items.items_supplier_fkey: validated
ALTER TABLE shop.items DROP CONSTRAINT items_supplier_fkey;
ALTER TABLE shop.items ADD CONSTRAINT items_supplier_fkey FOREIGN KEY (supplier)
    REFERENCES shop.suppliers (id) ON DELETE CASCADE ON UPDATE RESTRICT
    DEFERRABLE INITIALLY DEFERRED NOT VALID;

-- constraint shop.items.items_price_check: comment
COMMENT ON CONSTRAINT items_price_check ON shop.items IS NULL;

-- constraint shop.items.items_width_check: comment
COMMENT ON CONSTRAINT items_width_check ON shop.items IS 'no lines';

-- constraint shop.items.items_supplier_fkey: deferrable
ALTER TABLE shop.items ALTER CONSTRAINT items_supplier_fkey NOT DEFERRABLE;

-- constraint shop.items.items_supplier_fkey: deferrable
ALTER TABLE shop.items ALTER CONSTRAINT items_supplier_fkey DEFERRABLE INITIALLY IMMEDIATE;

-- constraint shop.items.items_supplier_fkey: definition
ALTER TABLE shop.items DROP CONSTRAINT items_supplier_fkey;
ALTER TABLE shop.items ADD CONSTRAINT items_supplier_fkey FOREIGN KEY (supplier)
    REFERENCES shop.suppliers (id) ON DELETE SET NULL ON UPDATE RESTRICT
    DEFERRABLE INITIALLY DEFERRED;

-- constraint shop.items.items_supplier_fkey: definition
ALTER TABLE shop.items DROP CONSTRAINT items_supplier_fkey;
ALTER TABLE shop.items ADD CONSTRAINT items_supplier_fkey FOREIGN KEY (supplier)
    REFERENCES shop.suppliers (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED;

-- constraint shop.items.items_supplier_fkey: definition
ALTER TABLE shop.items DROP CONSTRAINT items_supplier_fkey;
ALTER TABLE shop.items ADD CONSTRAINT items_supplier_fkey FOREIGN KEY (supplier)
    REFERENCES shop.suppliers (id) MATCH FULL ON DELETE CASCADE ON UPDATE RESTRICT
    DEFERRABLE INITIALLY DEFERRED;

-- constraint shop.items.items_supplier_fkey: definition
ALTER TABLE shop.items DROP CONSTRAINT items_supplier_fkey;
ALTER TABLE shop.items ADD CONSTRAINT items_supplier_fkey FOREIGN KEY (number)
    REFERENCES shop.suppliers (id) ON DELETE CASCADE ON UPDATE RESTRICT
    DEFERRABLE INITIALLY DEFERRED;

-- constraint shop.items.items_number_key: deferrable
ALTER TABLE shop.items DROP CONSTRAINT items_number_key;
ALTER TABLE shop.items ADD CONSTRAINT items_number_key UNIQUE (number);

-- constraint shop.items.items_number_key: deferrable
ALTER TABLE shop.items DROP CONSTRAINT items_number_key;
ALTER TABLE shop.items ADD CONSTRAINT items_number_key UNIQUE (number)
    DEFERRABLE INITIALLY DEFERRED;

-- constraint shop.items.items_title_key: definition
ALTER TABLE shop.items DROP CONSTRAINT items_title_key;
ALTER TABLE shop.items ADD CONSTRAINT items_title_key UNIQUE (title, colour);

-- constraint shop.items.items_title_key: definition
ALTER TABLE shop.items DROP CONSTRAINT items_title_key;
ALTER TABLE shop.items ADD CONSTRAINT items_title_key UNIQUE (colour, title) INCLUDE (price);

-- constraint shop.items.items_title_key: definition
ALTER TABLE shop.items DROP CONSTRAINT items_title_key;
ALTER TABLE shop.items ADD CONSTRAINT items_title_key
    UNIQUE NULLS NOT DISTINCT (title, colour) INCLUDE (price);

-- constraint shop.items.items_title_key: options
ALTER INDEX shop.items_title_key SET (fillfactor = 50);

-- constraint shop.items.items_during_excl: definition
ALTER TABLE shop.items DROP CONSTRAINT items_during_excl;
ALTER TABLE shop.items ADD CONSTRAINT items_during_excl
    EXCLUDE USING gist (during WITH &&) WHERE (price > 11);

-- constraint shop.items.items_during_excl: definition
ALTER TABLE shop.items DROP CONSTRAINT items_during_excl;
ALTER TABLE shop.items ADD CONSTRAINT items_during_excl
    EXCLUDE USING gist (during WITH =) WHERE (price > 10);

-- constraint shop.suppliers.suppliers_name_key: valid
UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'shop.suppliers_name_key'::regclass;

-- constraint shop.items.items_number_key: triggers
-- constraint shop.items.items_supplier_fkey: triggers
ALTER TABLE shop.items DISABLE TRIGGER ALL;
ALTER TABLE shop.items ENABLE TRIGGER USER;

-- constraint shop.sales.sales_supplier_fkey: deferrable
ALTER TABLE shop.sales ALTER CONSTRAINT sales_supplier_fkey DEFERRABLE;

-- - constraint shop.sales.sales_supplier_fkey
ALTER TABLE shop.sales DROP CONSTRAINT sales_supplier_fkey;

-- constraint shop.child.parent_a_check: local
UPDATE pg_constraint SET conislocal = true
    WHERE conname = 'parent_a_check' AND conrelid = 'shop.child'::regclass;

-- [18] - constraint shop.newer.newer_id_named
-- column shop.newer.id: not_null
ALTER TABLE shop.newer ALTER id DROP NOT NULL;

-- [18] - constraint shop.newer.newer_id_named
-- + constraint shop.newer.newer_id_renamed
ALTER TABLE shop.newer RENAME CONSTRAINT newer_id_named TO newer_id_renamed;

-- [18] constraint shop.newer.newer_id_named: definition
ALTER TABLE shop.newer ALTER CONSTRAINT newer_id_named NO INHERIT;

-- [18] constraint shop.newer.newer_id_named: comment
COMMENT ON CONSTRAINT newer_id_named ON shop.newer IS NULL;

-- [18] constraint shop.newer.newer_width_named: validated
ALTER TABLE shop.newer VALIDATE CONSTRAINT newer_width_named;

-- [18] + constraint shop.newer.newer_price_named
-- column shop.newer.price: not_null
ALTER TABLE shop.newer ADD CONSTRAINT newer_price_named NOT NULL price;

-- [18] constraint shop.newer.newer_supplier_fkey: enforced, validated
ALTER TABLE shop.newer ALTER CONSTRAINT newer_supplier_fkey ENFORCED;

-- [18] constraint shop.newer.newer_price_check: enforced, validated
ALTER TABLE shop.newer DROP CONSTRAINT newer_price_check;
ALTER TABLE shop.newer ADD CONSTRAINT newer_price_check CHECK (price > 0);

-- [18] constraint shop.items.items_supplier_fkey: enforced, validated
ALTER TABLE shop.items ALTER CONSTRAINT items_supplier_fkey NOT ENFORCED;

-- [18] constraint shop.bookings.bookings_fkey: deferrable
ALTER TABLE shop.bookings DROP CONSTRAINT bookings_fkey;
ALTER TABLE shop.spans DROP CONSTRAINT spans_pkey;
ALTER TABLE shop.spans ADD CONSTRAINT spans_pkey PRIMARY KEY (room, during WITHOUT OVERLAPS);
ALTER TABLE shop.bookings ADD CONSTRAINT bookings_fkey FOREIGN KEY (room, PERIOD during)
    REFERENCES shop.spans (room, PERIOD during) DEFERRABLE;

-- [18] - constraint shop.bookings.bookings_fkey
-- constraint shop.spans.spans_pkey: definition
ALTER TABLE shop.bookings DROP CONSTRAINT bookings_fkey;
ALTER TABLE shop.spans DROP CONSTRAINT spans_pkey;
ALTER TABLE shop.spans ADD CONSTRAINT spans_pkey PRIMARY KEY (room, during);

-- constraint shop.suppliers.suppliers_name_key: definition, type
ALTER TABLE shop.suppliers DROP CONSTRAINT suppliers_name_key;
ALTER TABLE shop.suppliers ADD CONSTRAINT suppliers_name_key CHECK (name <> '');
