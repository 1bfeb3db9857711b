-- + schema fresh
CREATE SCHEMA fresh;

-- - schema bare
DROP SCHEMA bare;

-- - schema bare
-- + schema naked
ALTER SCHEMA bare RENAME TO naked;

-- schema bare: owner
ALTER SCHEMA bare OWNER TO shop_owner;

-- schema shop: comment
COMMENT ON SCHEMA shop IS 'what is bought';

-- schema shop: comment
COMMENT ON SCHEMA shop IS NULL;

-- schema bare: comment
COMMENT ON SCHEMA bare IS '';
COMMENT ON SCHEMA bare IS 'new';

-- schema shop: grants
GRANT CREATE ON SCHEMA shop TO shop_reader;

-- schema shop: grants
REVOKE USAGE ON SCHEMA shop FROM shop_reader;

-- schema shop: grants
GRANT USAGE ON SCHEMA shop TO PUBLIC;

-- schema shop: grants
GRANT USAGE ON SCHEMA shop TO shop_reader WITH GRANT OPTION;

-- schema depot: grants
REVOKE CREATE ON SCHEMA depot FROM shop_owner;

-- schema public: grants
GRANT CREATE ON SCHEMA public TO PUBLIC;

-- schema public: grants
REVOKE USAGE ON SCHEMA public FROM PUBLIC;

-- schema public: owner
ALTER SCHEMA public OWNER TO shop_owner;

-- nothing: it says only what this schema is called
COMMENT ON SCHEMA public IS NULL;

-- - schema public
DROP SCHEMA public;

-- schema shop: security_labels
INSERT INTO pg_seclabel VALUES ('shop'::regnamespace, 'pg_namespace'::regclass, 0, 'test', 'secret');
