-- + sequence shop.fresh
CREATE SEQUENCE shop.fresh;

-- - sequence shop.loose
DROP SEQUENCE shop.loose;

-- - sequence shop.loose
-- + sequence shop.tight
ALTER SEQUENCE shop.loose RENAME TO tight;

-- - sequence shop.loose
-- + sequence bare.loose
ALTER SEQUENCE shop.loose SET SCHEMA bare;

-- sequence shop.loose: type
ALTER SEQUENCE shop.loose AS integer;

-- sequence shop.numbers: start
ALTER SEQUENCE shop.numbers START 20;

-- sequence shop.numbers: increment
ALTER SEQUENCE shop.numbers INCREMENT 3;

-- sequence shop.numbers: minimum
ALTER SEQUENCE shop.numbers MINVALUE 2;

-- sequence shop.numbers: maximum
ALTER SEQUENCE shop.numbers MAXVALUE 2000;

-- sequence shop.numbers: maximum
ALTER SEQUENCE shop.numbers NO MAXVALUE;

-- sequence shop.numbers: cache
ALTER SEQUENCE shop.numbers CACHE 6;

-- sequence shop.numbers: cycle
ALTER SEQUENCE shop.numbers CYCLE;

-- sequence shop.numbers: owned_by
ALTER SEQUENCE shop.numbers OWNED BY NONE;

-- sequence shop.numbers: owned_by
ALTER SEQUENCE shop.numbers OWNED BY shop.items.width;

-- sequence shop.loose: persistence
ALTER SEQUENCE shop.loose SET UNLOGGED;

-- sequence shop.loose: owner
ALTER SEQUENCE shop.loose OWNER TO shop_owner;

-- sequence shop.numbers: comment
COMMENT ON SEQUENCE shop.numbers IS 'of cheques';

-- sequence shop.numbers: grants
GRANT UPDATE ON SEQUENCE shop.numbers TO shop_reader;

-- sequence shop.loose: grants
REVOKE ALL ON SEQUENCE shop.loose FROM CURRENT_USER;

-- sequence shop.loose: security_labels
INSERT INTO pg_seclabel VALUES ('shop.loose'::regclass, 'pg_class'::regclass, 0, 'test', 'secret');

-- nothing
SELECT nextval('shop.numbers'), setval('shop.loose', 5);

-- sequence shop.suppliers_id_seq: owned_by, identity_of
-- column shop.suppliers.id: default, identity
ALTER TABLE shop.suppliers ALTER id DROP IDENTITY;
CREATE SEQUENCE shop.suppliers_id_seq START 100 INCREMENT 5 OWNED BY shop.suppliers.id;
ALTER TABLE shop.suppliers ALTER id SET DEFAULT nextval('shop.suppliers_id_seq');
