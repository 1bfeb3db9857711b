-- + operator shop.#!.NONE.integer
CREATE OPERATOR shop.#! (RIGHTARG = integer, FUNCTION = shop.supported);

-- - operator shop.!!.NONE.integer
DROP OPERATOR shop.!! (NONE, integer);

-- - operator shop.!!.NONE.integer
-- + operator bare.!!.NONE.integer
ALTER OPERATOR shop.!! (NONE, integer) SET SCHEMA bare;

-- operator shop.===.integer.text: restrict
ALTER OPERATOR shop.=== (integer, text) SET (RESTRICT = NONE);

-- operator shop.===.integer.text: restrict
ALTER OPERATOR shop.=== (integer, text) SET (RESTRICT = neqsel);

-- operator shop.===.integer.text: join
ALTER OPERATOR shop.=== (integer, text) SET (JOIN = eqjoinsel);

-- operator shop.===.integer.text: owner
ALTER OPERATOR shop.=== (integer, text) OWNER TO shop_owner;

-- operator shop.===.integer.text: comment
COMMENT ON OPERATOR shop.=== (integer, text) IS NULL;

-- operator shop.===.integer.text: function
DROP OPERATOR shop.=== (integer, text);
CREATE OPERATOR shop.=== (LEFTARG = integer, RIGHTARG = text, FUNCTION = shop.same_too, RESTRICT = eqsel);
COMMENT ON OPERATOR shop.=== (integer, text) IS 'alike';

-- operator shop.===.integer.text: hashes
UPDATE pg_operator SET oprcanhash = true WHERE oprname = '===' AND oprleft = 'integer'::regtype;

-- operator shop.===.integer.text: merges
UPDATE pg_operator SET oprcanmerge = true WHERE oprname = '===' AND oprleft = 'integer'::regtype;

-- operator shop.===.integer.text: commutator
-- + operator shop.===.text.integer
CREATE OPERATOR shop.=== (
    LEFTARG = text, RIGHTARG = integer, FUNCTION = shop.same, COMMUTATOR = OPERATOR(shop.===)
);

-- operator shop.===.integer.text: negator
-- + operator shop.<>!.integer.text
CREATE OPERATOR shop.<>! (
    LEFTARG = integer, RIGHTARG = text, FUNCTION = shop.same_too, NEGATOR = OPERATOR(shop.===)
);

-- + operator-family shop.fresh_ops.hash
CREATE OPERATOR FAMILY shop.fresh_ops USING hash;

-- - operator-family shop.loose_ops.btree
DROP OPERATOR FAMILY shop.loose_ops USING btree;

-- - operator-family shop.loose_ops.btree
-- + operator-family shop.tight_ops.btree
ALTER OPERATOR FAMILY shop.loose_ops USING btree RENAME TO tight_ops;

-- operator-family shop.loose_ops.btree: operators
ALTER OPERATOR FAMILY shop.loose_ops USING btree ADD OPERATOR 1 < (integer, smallint);

-- operator-family shop.loose_ops.btree: functions
ALTER OPERATOR FAMILY shop.loose_ops USING btree
    ADD FUNCTION 1 (integer, smallint) shop.compare_small(integer, smallint);

-- operator-family shop.loose_ops.btree: owner
ALTER OPERATOR FAMILY shop.loose_ops USING btree OWNER TO shop_owner;

-- operator-family shop.loose_ops.btree: comment
COMMENT ON OPERATOR FAMILY shop.loose_ops USING btree IS NULL;

-- + operator-class shop.fresh_ops.btree
-- + operator-family shop.fresh_ops.btree
CREATE OPERATOR CLASS shop.fresh_ops FOR TYPE integer USING btree AS
    OPERATOR 3 =, FUNCTION 1 shop.compare(integer, integer);

-- - operator-class shop.class_ops.btree
-- operator-family shop.class_ops.btree: functions, operators
DROP OPERATOR CLASS shop.class_ops USING btree;

-- - operator-class shop.class_ops.btree
-- + operator-class shop.order_ops.btree
ALTER OPERATOR CLASS shop.class_ops USING btree RENAME TO order_ops;

-- operator-class shop.class_ops.btree: owner
ALTER OPERATOR CLASS shop.class_ops USING btree OWNER TO shop_owner;

-- operator-class shop.class_ops.btree: comment
COMMENT ON OPERATOR CLASS shop.class_ops USING btree IS NULL;

-- operator-family shop.class_ops.btree: operators
DROP OPERATOR CLASS shop.class_ops USING btree;
CREATE OPERATOR CLASS shop.class_ops FOR TYPE integer USING btree FAMILY shop.class_ops AS
    OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=,
    FUNCTION 1 shop.compare(integer, integer);
COMMENT ON OPERATOR CLASS shop.class_ops USING btree IS 'of integers';

-- operator-family shop.class_ops.btree: functions
DROP OPERATOR CLASS shop.class_ops USING btree;
CREATE OPERATOR CLASS shop.class_ops FOR TYPE integer USING btree FAMILY shop.class_ops AS
    OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >,
    FUNCTION 1 btint4cmp(integer, integer);
COMMENT ON OPERATOR CLASS shop.class_ops USING btree IS 'of integers';

-- operator-class shop.class_ops.btree: family
-- operator-family shop.class_ops.btree: functions, operators
-- operator-family shop.loose_ops.btree: functions, operators
DROP OPERATOR CLASS shop.class_ops USING btree;
CREATE OPERATOR CLASS shop.class_ops FOR TYPE integer USING btree FAMILY shop.loose_ops AS
    OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >,
    FUNCTION 1 shop.compare(integer, integer);
COMMENT ON OPERATOR CLASS shop.class_ops USING btree IS 'of integers';

-- operator-class shop.point_ops.btree: default
DROP OPERATOR CLASS shop.point_ops USING btree;
CREATE OPERATOR CLASS shop.point_ops DEFAULT FOR TYPE point USING btree AS OPERATOR 1 <<;

-- operator-class shop.class_ops.btree: storage
UPDATE pg_opclass SET opckeytype = 'bigint'::regtype WHERE opcname = 'class_ops';

-- operator-class shop.class_ops.btree: type
UPDATE pg_opclass SET opcintype = 'bigint'::regtype WHERE opcname = 'class_ops';

-- + cast "shop.colour".integer
CREATE CAST (shop.colour AS integer) WITH INOUT AS IMPLICIT;

-- - cast integer."shop.colour"
DROP CAST (integer AS shop.colour);

-- cast integer."shop.colour": context
DROP CAST (integer AS shop.colour);
CREATE CAST (integer AS shop.colour) WITH FUNCTION shop.colour_of(integer) AS IMPLICIT;
COMMENT ON CAST (integer AS shop.colour) IS 'by number';

-- cast integer."shop.colour": function, method
DROP CAST (integer AS shop.colour);
CREATE CAST (integer AS shop.colour) WITH INOUT AS ASSIGNMENT;
COMMENT ON CAST (integer AS shop.colour) IS 'by number';

-- cast integer."shop.colour": comment
COMMENT ON CAST (integer AS shop.colour) IS NULL;

-- + conversion shop.fresh
CREATE CONVERSION shop.fresh FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8;

-- - conversion shop.conversion
DROP CONVERSION shop.conversion;

-- - conversion shop.conversion
-- + conversion shop.translation
ALTER CONVERSION shop.conversion RENAME TO translation;

-- conversion shop.conversion: owner
ALTER CONVERSION shop.conversion OWNER TO shop_owner;

-- conversion shop.conversion: comment
COMMENT ON CONVERSION shop.conversion IS NULL;

-- conversion shop.default_conversion: default
DROP CONVERSION shop.default_conversion;
CREATE CONVERSION shop.default_conversion FOR 'UTF8' TO 'LATIN1' FROM utf8_to_iso8859_1;

-- conversion shop.conversion: function, target
DROP CONVERSION shop.conversion;
CREATE CONVERSION shop.conversion FOR 'LATIN1' TO 'MULE_INTERNAL' FROM latin1_to_mic;
COMMENT ON CONVERSION shop.conversion IS 'converts';

-- conversion shop.conversion: function, source
DROP CONVERSION shop.conversion;
CREATE CONVERSION shop.conversion FOR 'KOI8R' TO 'UTF8' FROM koi8r_to_utf8;
COMMENT ON CONVERSION shop.conversion IS 'converts';

-- + collation shop.fresh
CREATE COLLATION shop.fresh (LC_COLLATE = 'POSIX', LC_CTYPE = 'POSIX');

-- - collation shop.plain_order
DROP COLLATION shop.plain_order;

-- - collation shop.plain_order
-- + collation shop.fancy_order
ALTER COLLATION shop.plain_order RENAME TO fancy_order;

-- collation shop.plain_order: owner
ALTER COLLATION shop.plain_order OWNER TO shop_owner;

-- collation shop.plain_order: comment
COMMENT ON COLLATION shop.plain_order IS NULL;

-- collation shop.plain_order: character_type, locale
DROP COLLATION shop.plain_order;
CREATE COLLATION shop.plain_order (LC_COLLATE = 'POSIX', LC_CTYPE = 'C');
COMMENT ON COLLATION shop.plain_order IS 'sorts';

-- collation shop.plain_order: character_type
DROP COLLATION shop.plain_order;
CREATE COLLATION shop.plain_order (LC_COLLATE = 'C', LC_CTYPE = 'POSIX');
COMMENT ON COLLATION shop.plain_order IS 'sorts';

-- [17] collation shop.built_in: locale
DROP COLLATION shop.built_in;
CREATE COLLATION shop.built_in (PROVIDER = builtin, LOCALE = 'C');

-- [17] collation shop.built_in: locale, provider
DROP COLLATION shop.built_in;
CREATE COLLATION shop.built_in (LC_COLLATE = 'C', LC_CTYPE = 'C');

-- [icu] collation shop.blind: deterministic
DROP COLLATION shop.blind;
CREATE COLLATION shop.blind (PROVIDER = icu, LOCALE = 'und-u-ks-level2');

-- [icu] collation shop.blind: locale
DROP COLLATION shop.blind;
CREATE COLLATION shop.blind (PROVIDER = icu, LOCALE = 'und-u-ks-level1', DETERMINISTIC = false);

-- + statistics shop.fresh
CREATE STATISTICS shop.fresh ON price, number FROM shop.items;

-- - statistics shop.item_statistics
DROP STATISTICS shop.item_statistics;

-- - statistics shop.item_statistics
-- + statistics shop.piece_statistics
ALTER STATISTICS shop.item_statistics RENAME TO piece_statistics;

-- statistics shop.item_statistics: statistics
ALTER STATISTICS shop.item_statistics SET STATISTICS 77;

-- statistics shop.item_statistics: owner
ALTER STATISTICS shop.item_statistics OWNER TO shop_owner;

-- statistics shop.item_statistics: comment
COMMENT ON STATISTICS shop.item_statistics IS NULL;

-- statistics shop.item_statistics: definition
DROP STATISTICS shop.item_statistics;
CREATE STATISTICS shop.item_statistics (ndistinct, mcv) ON price, width FROM shop.items;
COMMENT ON STATISTICS shop.item_statistics IS 'counts';

-- statistics shop.item_statistics: definition
DROP STATISTICS shop.item_statistics;
CREATE STATISTICS shop.item_statistics (ndistinct, dependencies) ON price, number FROM shop.items;
COMMENT ON STATISTICS shop.item_statistics IS 'counts';

-- statistics shop.expression_statistics: definition
DROP STATISTICS shop.expression_statistics;
CREATE STATISTICS shop.expression_statistics ON (price * 3), lower(title) FROM shop.items;

-- operator shop.!!.NONE.integer: function, result
DROP OPERATOR shop.!! (NONE, integer);
CREATE OPERATOR shop.!! (RIGHTARG = integer, FUNCTION = pg_catalog.to_hex);
