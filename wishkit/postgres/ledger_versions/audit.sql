-- Opt-in: who changed what by hand. Made by `wishkit audit on`; may be run again.
--
-- In a schema of its own, because everybody's DDL runs this with the rights of the superuser who
-- switched it on: whoever owns schema wishkit could put something else in the table's place.
CREATE SCHEMA IF NOT EXISTS wishkit_audit;
COMMENT ON SCHEMA wishkit_audit IS 'DDL that was run outside wishkit: see `wishkit audit`.';
CREATE TABLE IF NOT EXISTS wishkit_audit.ddl (
    id              bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at              timestamptz NOT NULL DEFAULT clock_timestamp(),
    tag             text        NOT NULL,
    object_type     text        NOT NULL,
    object_identity text        NOT NULL,
    role            name        NOT NULL,
    acting_as       name,
    application     text,
    address         inet,
    backend_pid     integer     NOT NULL DEFAULT pg_backend_pid(),
    query           text
);
CREATE INDEX IF NOT EXISTS ddl_object_identity_idx ON wishkit_audit.ddl (object_identity, id);
COMMENT ON INDEX wishkit_audit.ddl_object_identity_idx IS 'For the history of one object.';
COMMENT ON TABLE wishkit_audit.ddl IS
    'DDL that was run outside wishkit while `wishkit audit` was on; one row for each object.';
COMMENT ON COLUMN wishkit_audit.ddl.id IS 'In order of time.';
COMMENT ON COLUMN wishkit_audit.ddl.at IS 'When, by the server''s clock.';
COMMENT ON COLUMN wishkit_audit.ddl.tag IS 'The command, such as ALTER TABLE.';
COMMENT ON COLUMN wishkit_audit.ddl.object_type IS 'What was made, changed or dropped: table, index, …';
COMMENT ON COLUMN wishkit_audit.ddl.object_identity IS
    'Its name, as the server writes it; empty for GRANT and REVOKE, of which it tells none.';
COMMENT ON COLUMN wishkit_audit.ddl.role IS 'Who was logged in (session_user).';
COMMENT ON COLUMN wishkit_audit.ddl.acting_as IS 'Whom they had SET ROLE to; null: nobody.';
COMMENT ON COLUMN wishkit_audit.ddl.application IS 'The session''s application_name.';
COMMENT ON COLUMN wishkit_audit.ddl.address IS 'From where; null for a local socket.';
COMMENT ON COLUMN wishkit_audit.ddl.backend_pid IS 'The server process.';
COMMENT ON COLUMN wishkit_audit.ddl.query IS
    'The first 2,000 characters of what the client had sent; null where that may hold a password.';

-- Security definer, so that whoever runs DDL need not be able to write here. Whatever goes wrong
-- inside, the DDL goes on: it is no business of ours to make it fail.
CREATE OR REPLACE FUNCTION wishkit_audit.note_ddl() RETURNS event_trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '100ms'
AS $function$
DECLARE
    types text[];
    identities text[];
BEGIN
    IF starts_with(current_setting('application_name'), 'wishkit ') THEN
        RETURN; -- its own tables know; whoever borrows the name is not found here
    END IF;
    IF tg_event = 'sql_drop' THEN
        SELECT array_agg(object_type), array_agg(object_identity) INTO types, identities
        FROM pg_event_trigger_dropped_objects()
        WHERE (original OR normal) AND NOT is_temporary
          AND coalesce(schema_name, '') NOT IN ('wishkit', 'wishkit_audit');
    ELSE
        SELECT array_agg(object_type), array_agg(object_identity) INTO types, identities
        FROM pg_event_trigger_ddl_commands()
        WHERE NOT in_extension AND coalesce(schema_name, '') NOT IN ('pg_temp', 'wishkit', 'wishkit_audit');
    END IF;
    INSERT INTO wishkit_audit.ddl (tag, object_type, object_identity, role, acting_as, application,
                             address, query)
    SELECT tg_tag, lower(o.type), coalesce(o.identity, ''), session_user,
           nullif(nullif(current_setting('role'), 'none'), session_user::text),
           current_setting('application_name'), inet_client_addr(),
           -- These hold passwords.
           CASE WHEN tg_tag !~ 'USER MAPPING|SUBSCRIPTION|SERVER'
                THEN left(current_query(), 2000) END
    FROM unnest(types, identities) AS o (type, identity);
EXCEPTION WHEN OTHERS THEN
    RETURN;
END
$function$;
COMMENT ON FUNCTION wishkit_audit.note_ddl() IS 'Writes wishkit_audit.ddl for what a command made or dropped.';

DROP EVENT TRIGGER IF EXISTS wishkit_ddl;
CREATE EVENT TRIGGER wishkit_ddl ON ddl_command_end EXECUTE FUNCTION wishkit_audit.note_ddl();
COMMENT ON EVENT TRIGGER wishkit_ddl IS 'wishkit audit: who changes what outside wishkit.';
DROP EVENT TRIGGER IF EXISTS wishkit_drop;
CREATE EVENT TRIGGER wishkit_drop ON sql_drop EXECUTE FUNCTION wishkit_audit.note_ddl();
COMMENT ON EVENT TRIGGER wishkit_drop IS 'wishkit audit: who drops what outside wishkit.';

-- Who migrates shall read it.
DO $grant$
DECLARE
    owner regrole := (SELECT nspowner FROM pg_namespace WHERE nspname = 'wishkit');
BEGIN
    EXECUTE format('GRANT USAGE ON SCHEMA wishkit_audit TO %s', owner);
    EXECUTE format('GRANT SELECT ON wishkit_audit.ddl TO %s', owner);
END
$grant$;
