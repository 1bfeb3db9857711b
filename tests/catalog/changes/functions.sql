-- + function shop.fresh(a integer)
CREATE FUNCTION shop.fresh(a integer) RETURNS integer LANGUAGE sql AS 'SELECT 1';

-- + function shop.plus(bigint)
CREATE FUNCTION shop.plus(bigint) RETURNS bigint LANGUAGE sql AS 'SELECT $1';

-- - function shop.plus(a text)
DROP FUNCTION shop.plus(text);

-- - function shop.plus(a text)
-- + function shop.add(a text)
ALTER FUNCTION shop.plus(text) RENAME TO add;

-- - function shop.plus(a text)
-- + function bare.plus(a text)
ALTER FUNCTION shop.plus(text) SET SCHEMA bare;

-- function shop.plus(a text): definition
CREATE OR REPLACE FUNCTION shop.plus(a text) RETURNS text LANGUAGE sql AS 'SELECT a || a';

-- function shop.plus(a text): definition
CREATE OR REPLACE FUNCTION shop.plus(a text) RETURNS text LANGUAGE sql AS 'SELECT a ';

-- function shop.plus(a text): definition
DROP FUNCTION shop.plus(text);
CREATE FUNCTION shop.plus(a text) RETURNS varchar LANGUAGE sql AS 'SELECT a';

-- function shop.plus(a text): definition
CREATE OR REPLACE FUNCTION shop.plus(a text) RETURNS text
    LANGUAGE plpgsql AS 'BEGIN RETURN a; END';

-- function shop.plus(a text): definition
CREATE OR REPLACE FUNCTION shop.plus(a text DEFAULT 'x') RETURNS text LANGUAGE sql AS 'SELECT a';

-- function shop.plus(a integer, b integer): definition
CREATE OR REPLACE FUNCTION shop.plus(a integer, b integer DEFAULT 2) RETURNS integer
    LANGUAGE sql IMMUTABLE STRICT AS 'SELECT a + b';

-- function shop.atomic(a integer): definition
CREATE OR REPLACE FUNCTION shop.atomic(a integer) RETURNS integer
    LANGUAGE sql BEGIN ATOMIC SELECT a + 2; END;

-- function shop.atomic(a integer): definition
CREATE OR REPLACE FUNCTION shop.atomic(a integer) RETURNS integer
    LANGUAGE sql RETURN a + 1;

-- function shop.plus(a integer, b integer): definition
ALTER FUNCTION shop.plus(integer, integer) STABLE;

-- function shop.plus(a integer, b integer): definition
ALTER FUNCTION shop.plus(integer, integer) CALLED ON NULL INPUT;

-- function shop.plus(a integer, b integer): definition
ALTER FUNCTION shop.plus(integer, integer) SECURITY DEFINER;

-- function shop.plus(a integer, b integer): definition
ALTER FUNCTION shop.plus(integer, integer) LEAKPROOF;

-- function shop.plus(a integer, b integer): definition
ALTER FUNCTION shop.plus(integer, integer) PARALLEL SAFE;

-- function shop.plus(a integer, b integer): definition
ALTER FUNCTION shop.plus(integer, integer) PARALLEL RESTRICTED;

-- function shop.plus(a integer, b integer): definition
ALTER FUNCTION shop.plus(integer, integer) COST 7;

-- function shop.rows_of(OUT x integer, OUT y text): definition
ALTER FUNCTION shop.rows_of() ROWS 51;

-- function shop.any_of(VARIADIC a integer[]): definition
ALTER FUNCTION shop.any_of(integer[]) RESET search_path;

-- function shop.any_of(VARIADIC a integer[]): definition
ALTER FUNCTION shop.any_of(integer[]) SET work_mem = '5MB';

-- function shop.plus(a text): definition
ALTER FUNCTION shop.plus(text) SET search_path = shop;

-- function shop.supported(integer): definition
ALTER FUNCTION shop.supported(integer) SUPPORT pg_catalog.generate_series_int8_support;

-- function shop.plus(a integer, b integer): owner
ALTER FUNCTION shop.plus(integer, integer) OWNER TO shop_owner;

-- function shop.plus(a integer, b integer): comment
COMMENT ON FUNCTION shop.plus(integer, integer) IS 'sums';

-- function shop.plus(a text): comment
COMMENT ON FUNCTION shop.plus(text) IS 'nothing';

-- function shop.plus(a integer, b integer): grants
GRANT EXECUTE ON FUNCTION shop.plus(integer, integer) TO PUBLIC;

-- function shop.plus(a integer, b integer): grants
REVOKE EXECUTE ON FUNCTION shop.plus(integer, integer) FROM shop_reader;

-- function shop.plus(a text): grants
REVOKE EXECUTE ON FUNCTION shop.plus(text) FROM PUBLIC;

-- function shop.plus(a text): security_labels
INSERT INTO pg_seclabel VALUES ('shop.plus(text)'::regprocedure, 'pg_proc'::regclass, 0, 'test', 'x');

-- function shop.rank_of(): definition
CREATE OR REPLACE FUNCTION shop.rank_of() RETURNS bigint
    LANGUAGE internal WINDOW IMMUTABLE AS 'window_dense_rank';

-- + procedure shop.fresh()
CREATE PROCEDURE shop.fresh() LANGUAGE sql AS 'SELECT 1';

-- - procedure shop.clean(INOUT a integer)
DROP PROCEDURE shop.clean;

-- procedure shop.clean(INOUT a integer): definition
CREATE OR REPLACE PROCEDURE shop.clean(INOUT a integer) LANGUAGE plpgsql AS 'BEGIN a := 1; END';

-- procedure shop.clean(INOUT a integer): definition
ALTER PROCEDURE shop.clean(integer) SECURITY DEFINER;

-- procedure shop.clean(INOUT a integer): owner
ALTER PROCEDURE shop.clean(integer) OWNER TO shop_owner;

-- procedure shop.clean(INOUT a integer): comment
COMMENT ON PROCEDURE shop.clean(integer) IS NULL;

-- procedure shop.clean(INOUT a integer): grants
REVOKE EXECUTE ON PROCEDURE shop.clean(integer) FROM PUBLIC;

-- + aggregate shop.fresh(integer)
CREATE AGGREGATE shop.fresh(integer) (SFUNC = pg_catalog.int4pl, STYPE = integer);

-- - aggregate shop.most(integer)
DROP AGGREGATE shop.most(integer);

-- - aggregate shop.most(integer)
-- + aggregate shop.highest(integer)
ALTER AGGREGATE shop.most(integer) RENAME TO highest;

-- aggregate shop.product(integer): initial
CREATE OR REPLACE AGGREGATE shop.product(integer) (
    SFUNC = pg_catalog.int4mul, STYPE = integer, INITCOND = '2', COMBINEFUNC = pg_catalog.int4mul,
    PARALLEL = safe
);

-- aggregate shop.product(integer): combine_function
CREATE OR REPLACE AGGREGATE shop.product(integer) (
    SFUNC = pg_catalog.int4mul, STYPE = integer, INITCOND = '1', PARALLEL = safe
);

-- aggregate shop.product(integer): parallel
CREATE OR REPLACE AGGREGATE shop.product(integer) (
    SFUNC = pg_catalog.int4mul, STYPE = integer, INITCOND = '1', COMBINEFUNC = pg_catalog.int4mul
);

-- aggregate shop.product(integer): state_function
CREATE OR REPLACE AGGREGATE shop.product(integer) (
    SFUNC = pg_catalog.int4pl, STYPE = integer, INITCOND = '1', COMBINEFUNC = pg_catalog.int4mul,
    PARALLEL = safe
);

-- aggregate shop.product(integer): state_size
CREATE OR REPLACE AGGREGATE shop.product(integer) (
    SFUNC = pg_catalog.int4mul, STYPE = integer, SSPACE = 64, INITCOND = '1',
    COMBINEFUNC = pg_catalog.int4mul, PARALLEL = safe
);

-- aggregate shop.product(integer): final_function
CREATE OR REPLACE AGGREGATE shop.product(integer) (
    SFUNC = pg_catalog.int4mul, STYPE = integer, INITCOND = '1', COMBINEFUNC = pg_catalog.int4mul,
    FINALFUNC = pg_catalog.int4up, PARALLEL = safe
);

-- aggregate shop.product(integer): moving_initial, moving_inverse_function, moving_state_function, moving_state_type
CREATE OR REPLACE AGGREGATE shop.product(integer) (
    SFUNC = pg_catalog.int4mul, STYPE = integer, INITCOND = '1', COMBINEFUNC = pg_catalog.int4mul,
    MSFUNC = pg_catalog.int4mul, MINVFUNC = pg_catalog.int4pl, MSTYPE = integer, MINITCOND = '1',
    PARALLEL = safe
);

-- aggregate shop.most(integer): sort_operator
CREATE OR REPLACE AGGREGATE shop.most(integer) (SFUNC = pg_catalog.int4larger, STYPE = integer);

-- aggregate shop.middle(double precision ORDER BY double precision): final_extra, final_function
DROP AGGREGATE shop.middle(double precision ORDER BY double precision);
CREATE AGGREGATE shop.middle(double precision ORDER BY double precision) (
    SFUNC = ordered_set_transition, STYPE = internal, FINALFUNC = percentile_disc_final,
    FINALFUNC_EXTRA = true
);

-- aggregate shop.middle(double precision ORDER BY double precision): type
DROP AGGREGATE shop.middle(double precision ORDER BY double precision);
CREATE AGGREGATE shop.middle(double precision ORDER BY double precision) (
    SFUNC = ordered_set_transition, STYPE = internal, FINALFUNC = percentile_cont_float8_final,
    HYPOTHETICAL
);

-- aggregate shop.product(integer): owner
ALTER AGGREGATE shop.product(integer) OWNER TO shop_owner;

-- aggregate shop.product(integer): comment
COMMENT ON AGGREGATE shop.product(integer) IS NULL;

-- aggregate shop.product(integer): grants
REVOKE EXECUTE ON FUNCTION shop.product(integer) FROM PUBLIC;

-- aggregate shop.most(integer): state_type, state_function, sort_operator, result, initial
DROP AGGREGATE shop.most(integer);
CREATE AGGREGATE shop.most(integer) (SFUNC = pg_catalog.int84pl, STYPE = bigint, INITCOND = '0');

-- - aggregate shop.most(integer)
-- + aggregate shop.most(amount integer)
DROP AGGREGATE shop.most(integer);
CREATE AGGREGATE shop.most(amount integer) (SFUNC = pg_catalog.int4larger, STYPE = integer, SORTOP = >);

-- - aggregate shop.middle(double precision ORDER BY double precision)
-- + aggregate shop.middle(ORDER BY double precision)
DROP AGGREGATE shop.middle(double precision ORDER BY double precision);
CREATE AGGREGATE shop.middle(ORDER BY double precision) (
    SFUNC = ordered_set_transition, STYPE = internal, FINALFUNC = mode_final, FINALFUNC_EXTRA = true
);
