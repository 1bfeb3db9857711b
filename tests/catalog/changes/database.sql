-- + language fresh
CREATE LANGUAGE fresh HANDLER plpgsql_call_handler;

-- - language shop_language
DROP LANGUAGE shop_language;

-- - language shop_language
-- + language shop_speech
ALTER LANGUAGE shop_language RENAME TO shop_speech;

-- language shop_language: owner
ALTER LANGUAGE shop_language OWNER TO shop_owner;

-- language shop_language: comment
COMMENT ON LANGUAGE shop_language IS NULL;

-- language shop_language: trusted
CREATE OR REPLACE TRUSTED LANGUAGE shop_language HANDLER plpgsql_call_handler
    INLINE plpgsql_inline_handler VALIDATOR plpgsql_validator;

-- language shop_language: inline
CREATE OR REPLACE LANGUAGE shop_language HANDLER plpgsql_call_handler VALIDATOR plpgsql_validator;

-- language shop_language: validator
CREATE OR REPLACE LANGUAGE shop_language HANDLER plpgsql_call_handler INLINE plpgsql_inline_handler;

-- language shop_language: grants
CREATE OR REPLACE TRUSTED LANGUAGE shop_language HANDLER plpgsql_call_handler
    INLINE plpgsql_inline_handler VALIDATOR plpgsql_validator;
GRANT USAGE ON LANGUAGE shop_language TO shop_clerk;
UPDATE pg_language SET lanpltrusted = false WHERE lanname = 'shop_language';

-- + language plpgsql
REVOKE USAGE ON LANGUAGE plpgsql FROM PUBLIC;

-- + transform bigint.sql
CREATE TRANSFORM FOR bigint LANGUAGE sql (FROM SQL WITH FUNCTION prsd_lextype(internal));

-- - transform integer.sql
DROP TRANSFORM FOR integer LANGUAGE sql;

-- transform integer.sql: from_sql
CREATE OR REPLACE TRANSFORM FOR integer LANGUAGE sql (TO SQL WITH FUNCTION int4recv(internal));

-- transform integer.sql: to_sql
CREATE OR REPLACE TRANSFORM FOR integer LANGUAGE sql (FROM SQL WITH FUNCTION prsd_lextype(internal));

-- transform integer.sql: comment
COMMENT ON TRANSFORM FOR integer LANGUAGE sql IS NULL;

-- + access-method fresh
CREATE ACCESS METHOD fresh TYPE TABLE HANDLER heap_tableam_handler;

-- - access-method shop_heap
DROP ACCESS METHOD shop_heap;

-- access-method shop_btree: handler
DROP ACCESS METHOD shop_btree;
CREATE ACCESS METHOD shop_btree TYPE INDEX HANDLER hashhandler;

-- access-method shop_btree: handler, type
DROP ACCESS METHOD shop_btree;
CREATE ACCESS METHOD shop_btree TYPE TABLE HANDLER heap_tableam_handler;

-- access-method shop_heap: comment
COMMENT ON ACCESS METHOD shop_heap IS NULL;

-- + extension citext
CREATE EXTENSION citext SCHEMA bare;

-- - extension pg_trgm
DROP EXTENSION pg_trgm;

-- extension pg_trgm: version
ALTER EXTENSION pg_trgm UPDATE TO '1.6';

-- extension pg_trgm: schema
ALTER EXTENSION pg_trgm SET SCHEMA bare;

-- extension pg_trgm: comment
COMMENT ON EXTENSION pg_trgm IS NULL;

-- - function shop.plus(a text)
ALTER EXTENSION pg_trgm ADD FUNCTION shop.plus(text);

-- + function depot.similarity(text, text)
REVOKE EXECUTE ON FUNCTION depot.similarity(text, text) FROM PUBLIC;

-- + function depot.similarity_op(text, text)
-- + operator depot.%.text.text
ALTER EXTENSION pg_trgm DROP OPERATOR depot.% (text, text);
ALTER EXTENSION pg_trgm DROP FUNCTION depot.similarity_op(text, text);

-- + function pg_catalog.pg_sleep(double precision)
REVOKE EXECUTE ON FUNCTION pg_sleep(double precision) FROM PUBLIC;

-- + function pg_catalog.pg_reload_conf()
GRANT EXECUTE ON FUNCTION pg_reload_conf() TO shop_clerk;

-- + view pg_catalog.pg_stats
REVOKE SELECT ON pg_stats FROM PUBLIC;

-- nothing: a large object is data
SELECT lo_create(4712);
COMMENT ON LARGE OBJECT 4712 IS 'large';
GRANT SELECT ON LARGE OBJECT 4712 TO shop_reader;

-- default-privileges shop_heir..tables: grants
ALTER DEFAULT PRIVILEGES FOR ROLE shop_heir GRANT INSERT ON TABLES TO shop_reader;

-- - default-privileges shop_heir..tables
ALTER DEFAULT PRIVILEGES FOR ROLE shop_heir REVOKE SELECT ON TABLES FROM shop_reader;

-- - default-privileges shop_heir..functions
ALTER DEFAULT PRIVILEGES FOR ROLE shop_heir GRANT EXECUTE ON FUNCTIONS TO PUBLIC;

-- + default-privileges shop_heir..schemas
ALTER DEFAULT PRIVILEGES FOR ROLE shop_heir GRANT USAGE ON SCHEMAS TO shop_reader;

-- + default-privileges shop_heir..types
ALTER DEFAULT PRIVILEGES FOR ROLE shop_heir REVOKE USAGE ON TYPES FROM PUBLIC;

-- default-privileges shop_heir.shop.sequences: grants
ALTER DEFAULT PRIVILEGES FOR ROLE shop_heir IN SCHEMA shop GRANT UPDATE ON SEQUENCES TO shop_reader;

-- default-privileges shop_heir.shop.sequences: grants
ALTER DEFAULT PRIVILEGES FOR ROLE shop_heir IN SCHEMA shop GRANT USAGE ON SEQUENCES TO shop_reader
    WITH GRANT OPTION;

-- - default-privileges shop_heir.shop.sequences
ALTER DEFAULT PRIVILEGES FOR ROLE shop_heir IN SCHEMA shop REVOKE USAGE ON SEQUENCES FROM shop_reader;

-- [18] + default-privileges shop_heir..large objects
ALTER DEFAULT PRIVILEGES FOR ROLE shop_heir GRANT SELECT ON LARGE OBJECTS TO shop_reader;

-- database current: comment
DO $$ BEGIN EXECUTE format('COMMENT ON DATABASE %I IS NULL', current_database()); END $$;

-- database current: owner
DO $$ BEGIN EXECUTE format('ALTER DATABASE %I OWNER TO shop_owner', current_database()); END $$;

-- database current: grants
DO $$ BEGIN EXECUTE format('REVOKE CONNECT ON DATABASE %I FROM PUBLIC', current_database()); END $$;

-- database current: grants
DO $$ BEGIN EXECUTE format('REVOKE CREATE ON DATABASE %I FROM shop_reader', current_database()); END $$;

-- database current: connection_limit
DO $$ BEGIN EXECUTE format('ALTER DATABASE %I CONNECTION LIMIT 5', current_database()); END $$;

-- setting .work_mem: value
DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET work_mem = ''10MB''', current_database()); END $$;

-- + setting .search_path
DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET search_path = shop, public', current_database()); END $$;

-- - setting .work_mem
DO $$ BEGIN EXECUTE format('ALTER DATABASE %I RESET work_mem', current_database()); END $$;

-- setting shop_reader.work_mem: value
DO $$ BEGIN
    EXECUTE format('ALTER ROLE shop_reader IN DATABASE %I SET work_mem = ''11MB''', current_database());
END $$;

-- - setting shop_reader.work_mem
DO $$ BEGIN
    EXECUTE format('ALTER ROLE shop_reader IN DATABASE %I RESET work_mem', current_database());
END $$;

-- + setting shop_clerk.jit
DO $$ BEGIN
    EXECUTE format('ALTER ROLE shop_clerk IN DATABASE %I SET jit = off', current_database());
END $$;

-- nothing
ALTER ROLE shop_clerk SET work_mem = '1MB';
CREATE ROLE shop_stranger;

-- + column pg_catalog.pg_stats.avg_width
GRANT SELECT (avg_width) ON pg_stats TO shop_reader;

-- + base-type depot.gtrgm
REVOKE USAGE ON TYPE depot.gtrgm FROM PUBLIC;

-- nothing
SET search_path = shop;
SET DateStyle = 'German';
SET quote_all_identifiers = on;
SET IntervalStyle = 'iso_8601';
SET extra_float_digits = -3;
SET bytea_output = 'escape';
SET TimeZone = 'Asia/Tokyo';
SET xmlbinary = hex;

-- language shop_language: handler
UPDATE pg_language SET lanplcallfoid = 'plpgsql_validator'::regproc WHERE lanname = 'shop_language';
