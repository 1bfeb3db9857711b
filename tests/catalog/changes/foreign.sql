-- + foreign-data-wrapper fresh
CREATE FOREIGN DATA WRAPPER fresh;

-- - foreign-data-wrapper shop_wrapper
-- - server shop_server
-- - user-mapping shop_server.shop_reader
-- - user-mapping shop_server.<public>
-- - foreign-table shop.remote …
-- - foreign-table shop.remote_plain …
DROP FOREIGN DATA WRAPPER shop_wrapper CASCADE;

-- - foreign-data-wrapper shop_wrapper
-- + foreign-data-wrapper shop_reach
-- server shop_server: wrapper
ALTER FOREIGN DATA WRAPPER shop_wrapper RENAME TO shop_reach;

-- foreign-data-wrapper shop_wrapper: options
ALTER FOREIGN DATA WRAPPER shop_wrapper OPTIONS (SET debug 'false');

-- foreign-data-wrapper shop_wrapper: handler
ALTER FOREIGN DATA WRAPPER shop_wrapper HANDLER shop.file_handler;

-- foreign-data-wrapper shop_wrapper: validator
UPDATE pg_foreign_data_wrapper SET fdwvalidator = 'postgresql_fdw_validator'::regproc
    WHERE fdwname = 'shop_wrapper';

-- foreign-data-wrapper shop_wrapper: owner
ALTER ROLE shop_owner SUPERUSER;
ALTER FOREIGN DATA WRAPPER shop_wrapper OWNER TO shop_owner;

-- foreign-data-wrapper shop_wrapper: comment
COMMENT ON FOREIGN DATA WRAPPER shop_wrapper IS NULL;

-- foreign-data-wrapper shop_wrapper: grants
REVOKE USAGE ON FOREIGN DATA WRAPPER shop_wrapper FROM shop_reader;

-- + server fresh
CREATE SERVER fresh FOREIGN DATA WRAPPER shop_wrapper;

-- - server shop_server
-- - user-mapping shop_server.shop_reader
-- - user-mapping shop_server.<public>
-- - foreign-table shop.remote …
-- - foreign-table shop.remote_plain …
DROP SERVER shop_server CASCADE;

-- server shop_server: version
ALTER SERVER shop_server VERSION '2.0';

-- server shop_server: options
ALTER SERVER shop_server OPTIONS (SET host 'shed');

-- server shop_server: options
ALTER SERVER shop_server OPTIONS (DROP dbname);

-- server shop_server: type
UPDATE pg_foreign_server SET srvtype = 'shed' WHERE srvname = 'shop_server';

-- server shop_server: owner
ALTER ROLE shop_owner SUPERUSER;
ALTER SERVER shop_server OWNER TO shop_owner;

-- server shop_server: comment
COMMENT ON SERVER shop_server IS NULL;

-- server shop_server: grants
REVOKE USAGE ON FOREIGN SERVER shop_server FROM shop_reader;

-- + user-mapping shop_server.shop_clerk
CREATE USER MAPPING FOR shop_clerk SERVER shop_server;

-- - user-mapping shop_server.shop_reader
DROP USER MAPPING FOR shop_reader SERVER shop_server;

-- - user-mapping shop_server.<public>
DROP USER MAPPING FOR PUBLIC SERVER shop_server;

-- user-mapping shop_server.shop_reader: options
ALTER USER MAPPING FOR shop_reader SERVER shop_server OPTIONS (SET "user" 'writer');

-- user-mapping shop_server.shop_reader: options
ALTER USER MAPPING FOR shop_reader SERVER shop_server OPTIONS (DROP password);

-- - foreign-table shop.remote …
DROP FOREIGN TABLE shop.remote;

-- + foreign-table shop.fresh …
CREATE FOREIGN TABLE shop.fresh (a integer) SERVER shop_server;

-- - foreign-table shop.remote_plain …
-- + foreign-table shop.remote_fancy …
ALTER FOREIGN TABLE shop.remote_plain RENAME TO remote_fancy;

-- foreign-table shop.remote: foreign_options
ALTER FOREIGN TABLE shop.remote OPTIONS (SET table_name 'plates');

-- foreign-table shop.remote_plain: foreign_options
ALTER FOREIGN TABLE shop.remote_plain OPTIONS (ADD table_name 'plates');

-- + server fresh
-- foreign-table shop.remote_plain: server
CREATE SERVER fresh FOREIGN DATA WRAPPER shop_wrapper;
DROP FOREIGN TABLE shop.remote_plain;
CREATE FOREIGN TABLE shop.remote_plain (id integer) SERVER fresh;

-- foreign-table shop.remote: owner
ALTER FOREIGN TABLE shop.remote OWNER TO shop_owner;

-- foreign-table shop.remote: comment
COMMENT ON FOREIGN TABLE shop.remote IS NULL;

-- foreign-table shop.remote: grants
REVOKE SELECT ON shop.remote FROM shop_reader;

-- column shop.remote.id: foreign_options
ALTER FOREIGN TABLE shop.remote ALTER id OPTIONS (SET column_name 'number');

-- column shop.remote.title: foreign_options
ALTER FOREIGN TABLE shop.remote ALTER title OPTIONS (ADD column_name 'name');

-- column shop.remote.title: default
ALTER FOREIGN TABLE shop.remote ALTER title SET DEFAULT 'near';

-- column shop.remote.id: not_null
ALTER FOREIGN TABLE shop.remote ALTER id DROP NOT NULL;

-- - constraint shop.remote.remote_id_check
ALTER FOREIGN TABLE shop.remote DROP CONSTRAINT remote_id_check;

-- + column shop.remote.extra
ALTER FOREIGN TABLE shop.remote ADD extra integer;
