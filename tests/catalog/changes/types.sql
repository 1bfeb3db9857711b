-- + enum shop.shape
CREATE TYPE shop.shape AS ENUM ('flat');

-- - enum shop.empty_enum
DROP TYPE shop.empty_enum;

-- enum shop.colour: labels
ALTER TYPE shop.colour ADD VALUE 'black';

-- enum shop.colour: labels
ALTER TYPE shop.colour ADD VALUE 'black' BEFORE 'green';

-- enum shop.empty_enum: labels
ALTER TYPE shop.empty_enum ADD VALUE 'first';

-- column shop.items.colour: default
-- enum shop.colour: labels
ALTER TYPE shop.colour RENAME VALUE 'red' TO 'dark red';

-- enum shop.colour: labels
UPDATE pg_enum SET enumsortorder = 10 WHERE enumtypid = 'shop.colour'::regtype AND enumlabel = 'red';

-- enum shop.colour: owner
ALTER TYPE shop.colour OWNER TO shop_owner;

-- enum shop.colour: comment
COMMENT ON TYPE shop.colour IS 'paint';

-- enum shop.colour: grants
REVOKE USAGE ON TYPE shop.colour FROM PUBLIC;

-- enum shop.colour: grants
GRANT USAGE ON TYPE shop.colour TO shop_clerk;

-- enum shop.colour: security_labels
INSERT INTO pg_seclabel VALUES ('shop.colour'::regtype, 'pg_type'::regclass, 0, 'test', 'secret');

-- - enum shop.empty_enum
-- + enum shop.full_enum
ALTER TYPE shop.empty_enum RENAME TO full_enum;

-- - enum shop.empty_enum
-- + enum bare.empty_enum
ALTER TYPE shop.empty_enum SET SCHEMA bare;

-- + composite-type shop.pair …
CREATE TYPE shop.pair AS (a integer, b integer);

-- - composite-type shop.size …
-- - column shop.items.size
-- table shop.typed: of_type
DROP TABLE shop.typed;
CREATE TABLE shop.typed (width integer, depth numeric(6, 2), label text COLLATE "C");
ALTER TABLE shop.items DROP size;
DROP TYPE shop.size;

-- + attribute shop.size.height
-- + column shop.typed.height
ALTER TYPE shop.size ADD ATTRIBUTE height integer CASCADE;

-- - attribute shop.size.label
-- - column shop.typed.label
ALTER TYPE shop.size DROP ATTRIBUTE label CASCADE;

-- attribute shop.size.label: collation
-- column shop.typed.label: collation
-- - column shop.items.size
ALTER TABLE shop.items DROP size;
ALTER TYPE shop.size ALTER ATTRIBUTE label TYPE text COLLATE "POSIX" CASCADE;

-- - attribute shop.size.width
-- + attribute shop.size.breadth
-- - column shop.typed.width
-- + column shop.typed.breadth
ALTER TYPE shop.size RENAME ATTRIBUTE width TO breadth CASCADE;

-- attribute shop.size.width: comment
COMMENT ON COLUMN shop.size.width IS 'of the long side';

-- composite-type shop.size: comment
COMMENT ON TYPE shop.size IS 'in inches';

-- composite-type shop.size: owner
ALTER TYPE shop.size OWNER TO shop_owner;

-- composite-type shop.size: grants
REVOKE USAGE ON TYPE shop.size FROM PUBLIC;

-- + domain shop.weight
CREATE DOMAIN shop.weight AS numeric;

-- - domain shop.plain
DROP DOMAIN shop.plain;

-- - domain shop.plain
-- + domain shop.plainer
ALTER DOMAIN shop.plain RENAME TO plainer;

-- - domain shop.plain
-- + domain bare.plain
ALTER DOMAIN shop.plain SET SCHEMA bare;

-- domain shop.plain: type
DROP DOMAIN shop.plain;
CREATE DOMAIN shop.plain AS varchar(10);

-- domain shop.plain: collation
DROP DOMAIN shop.plain;
CREATE DOMAIN shop.plain AS text COLLATE "POSIX";

-- domain shop.quantity: default
ALTER DOMAIN shop.quantity SET DEFAULT 2;

-- domain shop.quantity: default
ALTER DOMAIN shop.quantity DROP DEFAULT;

-- domain shop.plain: default
ALTER DOMAIN shop.plain SET DEFAULT '';

-- domain shop.quantity: not_null
ALTER DOMAIN shop.quantity DROP NOT NULL;

-- domain shop.plain: not_null
ALTER DOMAIN shop.plain SET NOT NULL;

-- domain shop.quantity: owner
ALTER DOMAIN shop.quantity OWNER TO shop_owner;

-- domain shop.quantity: comment
COMMENT ON DOMAIN shop.quantity IS NULL;

-- domain shop.quantity: grants
REVOKE USAGE ON TYPE shop.quantity FROM shop_reader;

-- + constraint shop.plain.plain_short
ALTER DOMAIN shop.plain ADD CONSTRAINT plain_short CHECK (length(VALUE) < 5);

-- - constraint shop.quantity.quantity_positive
ALTER DOMAIN shop.quantity DROP CONSTRAINT quantity_positive;

-- - constraint shop.quantity.quantity_positive
-- + constraint shop.quantity.quantity_real
ALTER DOMAIN shop.quantity RENAME CONSTRAINT quantity_positive TO quantity_real;

-- constraint shop.quantity.quantity_positive: definition
ALTER DOMAIN shop.quantity DROP CONSTRAINT quantity_positive;
ALTER DOMAIN shop.quantity ADD CONSTRAINT quantity_positive CHECK (VALUE > 1);
COMMENT ON CONSTRAINT quantity_positive ON DOMAIN shop.quantity IS 'nobody sells nothing';

-- constraint shop.quantity.quantity_positive: validated
ALTER DOMAIN shop.quantity DROP CONSTRAINT quantity_positive;
ALTER DOMAIN shop.quantity ADD CONSTRAINT quantity_positive CHECK (VALUE > 0) NOT VALID;
COMMENT ON CONSTRAINT quantity_positive ON DOMAIN shop.quantity IS 'nobody sells nothing';

-- constraint shop.quantity.quantity_positive: comment
COMMENT ON CONSTRAINT quantity_positive ON DOMAIN shop.quantity IS 'more';

-- + range-type shop.span
CREATE TYPE shop.span AS RANGE (subtype = integer, multirange_type_name = shop.spans_of);

-- - range-type shop.word_range
DROP TYPE shop.word_range;

-- - range-type shop.word_range
-- + range-type shop.letters
ALTER TYPE shop.word_range RENAME TO letters;

-- range-type shop.word_range: multirange
ALTER TYPE shop.word_multirange RENAME TO words_multirange;

-- range-type shop.word_range: subtype, collation
DROP TYPE shop.word_range;
CREATE TYPE shop.word_range AS RANGE (subtype = bigint, multirange_type_name = shop.word_multirange);

-- range-type shop.word_range: subtype_opclass
DROP TYPE shop.word_range;
CREATE TYPE shop.word_range AS RANGE (
    subtype = text, subtype_opclass = text_pattern_ops, collation = "C",
    multirange_type_name = shop.word_multirange
);

-- range-type shop.word_range: collation
DROP TYPE shop.word_range;
CREATE TYPE shop.word_range AS RANGE (
    subtype = text, collation = "POSIX", multirange_type_name = shop.word_multirange
);

-- range-type shop.price_range: subtype_diff
DROP TYPE shop.price_range;
CREATE TYPE shop.price_range AS RANGE (subtype = numeric, multirange_type_name = shop.price_multirange);
COMMENT ON TYPE shop.price_range IS 'from and to';

-- range-type shop.price_range: comment
COMMENT ON TYPE shop.price_range IS NULL;

-- range-type shop.price_range: owner
ALTER TYPE shop.price_range OWNER TO shop_owner;

-- range-type shop.price_range: grants
REVOKE USAGE ON TYPE shop.price_range FROM PUBLIC;

-- - base-type shop.code
-- - function shop.code_in(cstring)
-- - function shop.code_out(shop.code)
-- - function shop.code_recv(internal)
-- - function shop.code_send(shop.code)
DROP TYPE shop.code CASCADE;

-- - base-type shop.code
-- + base-type shop.token
-- - function shop.code_out(shop.code)
-- - function shop.code_send(shop.code)
-- + function shop.code_out(shop.token)
-- + function shop.code_send(shop.token)
-- function shop.code_in(cstring): definition
-- function shop.code_recv(internal): definition
ALTER TYPE shop.code RENAME TO token;

-- base-type shop.code: storage
UPDATE pg_type SET typstorage = 'm' WHERE oid = 'shop.code'::regtype;

-- base-type shop.code: send
ALTER TYPE shop.code SET (SEND = shop.code_send);

-- base-type shop.code: receive
ALTER TYPE shop.code SET (RECEIVE = NONE);

-- base-type shop.code: typmod_in, typmod_out
ALTER TYPE shop.code SET (TYPMOD_IN = varchartypmodin, TYPMOD_OUT = varchartypmodout);

-- base-type shop.code: analyze
ALTER TYPE shop.code SET (ANALYZE = ts_typanalyze);

-- base-type shop.code: subscript
ALTER TYPE shop.code SET (SUBSCRIPT = raw_array_subscript_handler);

-- base-type shop.code: category
UPDATE pg_type SET typcategory = 'U' WHERE oid = 'shop.code'::regtype;

-- base-type shop.code: preferred
UPDATE pg_type SET typispreferred = true WHERE oid = 'shop.code'::regtype;

-- base-type shop.code: alignment
UPDATE pg_type SET typalign = 'd' WHERE oid = 'shop.code'::regtype;

-- base-type shop.code: length
UPDATE pg_type SET typlen = 16 WHERE oid = 'shop.code'::regtype;

-- base-type shop.code: passed_by_value
UPDATE pg_type SET typbyval = true WHERE oid = 'shop.code'::regtype;

-- base-type shop.code: delimiter
UPDATE pg_type SET typdelim = ';' WHERE oid = 'shop.code'::regtype;

-- base-type shop.code: default
UPDATE pg_type SET typdefault = 'x' WHERE oid = 'shop.code'::regtype;

-- base-type shop.code: collation
UPDATE pg_type SET typcollation = 0 WHERE oid = 'shop.code'::regtype;

-- base-type shop.code: input
UPDATE pg_type SET typinput = 'shop.code_recv'::regproc WHERE oid = 'shop.code'::regtype;

-- base-type shop.code: output
UPDATE pg_type SET typoutput = 'shop.code_send'::regproc WHERE oid = 'shop.code'::regtype;

-- base-type shop.code: owner
ALTER TYPE shop.code OWNER TO shop_owner;

-- base-type shop.code: comment
COMMENT ON TYPE shop.code IS 'base';

-- base-type shop.code: grants
GRANT USAGE ON TYPE shop.code TO shop_clerk;

-- + base-type shop.shell_two
CREATE TYPE shop.shell_two;

-- - base-type shop.shell
DROP TYPE shop.shell;

-- attribute shop.size.width: type
-- column shop.typed.width: type
-- - column shop.items.size
ALTER TABLE shop.items DROP size;
ALTER TYPE shop.size ALTER ATTRIBUTE width TYPE bigint CASCADE;

-- attribute shop.size.width: position
-- attribute shop.size.depth: position
-- attribute shop.size.label: position
ALTER TYPE shop.size DROP ATTRIBUTE width CASCADE;
ALTER TYPE shop.size ADD ATTRIBUTE width integer CASCADE;
COMMENT ON COLUMN shop.size.width IS 'of the short side';
