-- What PostgreSQL 18 added.
CREATE TABLE shop.newer (
    id integer CONSTRAINT newer_id_named NOT NULL,
    width integer,
    doubled integer GENERATED ALWAYS AS (width * 2) VIRTUAL,
    price numeric,
    CONSTRAINT newer_price_check CHECK (price > 0) NOT ENFORCED
);
ALTER TABLE shop.newer ADD CONSTRAINT newer_width_named NOT NULL width NOT VALID;
COMMENT ON CONSTRAINT newer_id_named ON shop.newer IS 'has a number';
CREATE TABLE shop.spans (
    room int4range, during tstzrange, CONSTRAINT spans_pkey PRIMARY KEY (room, during WITHOUT OVERLAPS)
);
CREATE TABLE shop.bookings (
    room int4range, during tstzrange,
    CONSTRAINT bookings_fkey FOREIGN KEY (room, PERIOD during) REFERENCES shop.spans (room, PERIOD during)
);
CREATE TABLE shop.spare (id integer CONSTRAINT spare_pkey PRIMARY KEY);
ALTER TABLE shop.newer ADD CONSTRAINT newer_supplier_fkey
    FOREIGN KEY (id) REFERENCES shop.spare (id) NOT ENFORCED;
CREATE PUBLICATION shop_generated FOR TABLE shop.newer WITH (publish_generated_columns = stored);
