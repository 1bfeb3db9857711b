-- The ledger, version 5: requests and approvals by who the server says it is, and a chain of hashes
-- over everything that was recorded. docs/approvals.md says what each part prevents.
CREATE TABLE wishkit.approver (
    id          bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    environment text        NOT NULL,
    database    oid         NOT NULL,
    role        name,
    none        smallint    NOT NULL CHECK (none BETWEEN 0 AND 9),
    low         smallint    NOT NULL CHECK (low BETWEEN 0 AND 9),
    medium      smallint    NOT NULL CHECK (medium BETWEEN 0 AND 9),
    high        smallint    NOT NULL CHECK (high BETWEEN 0 AND 9),
    expires     interval    NOT NULL CHECK (expires > interval '0'),
    reason      text,
    set_by      name        NOT NULL DEFAULT session_user,
    set_at      timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE wishkit.approver IS
    'Who approves what runs here, and how many are asked for; the row with the highest id counts. '
    'Never changed: who sets it anew adds a row.';
COMMENT ON COLUMN wishkit.approver.id IS 'Number of the row, in order of time.';
COMMENT ON COLUMN wishkit.approver.environment IS
    'The environment of wishkit.toml that this database is.';
COMMENT ON COLUMN wishkit.approver.database IS
    'OID of this database. A row that came here in a copy does not count, unless the environment '
    'is the same.';
COMMENT ON COLUMN wishkit.approver.role IS
    'Whose members approve; null: from here on nothing is asked for.';
COMMENT ON COLUMN wishkit.approver.none IS 'Approvals that a request without a risk needs.';
COMMENT ON COLUMN wishkit.approver.low IS 'The same, of a low risk.';
COMMENT ON COLUMN wishkit.approver.medium IS 'The same, of a medium risk.';
COMMENT ON COLUMN wishkit.approver.high IS 'The same, of a high risk.';
COMMENT ON COLUMN wishkit.approver.expires IS 'A request is good for no longer than this.';
COMMENT ON COLUMN wishkit.approver.reason IS 'Why, in the words of who set it.';
COMMENT ON COLUMN wishkit.approver.set_by IS 'Who the server says was logged in (session_user).';
COMMENT ON COLUMN wishkit.approver.set_at IS 'When, by the server''s clock.';

CREATE TABLE wishkit.request (
    id           bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    environment  text        NOT NULL,
    digest       text        NOT NULL,
    bundle       text        NOT NULL,
    requested_by name        NOT NULL DEFAULT session_user,
    requested_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at   timestamptz NOT NULL
);
COMMENT ON TABLE wishkit.request IS
    'What somebody asks to run here, frozen. The last one of an environment is the one that '
    'counts. Never changed.';
COMMENT ON COLUMN wishkit.request.id IS 'Number of the request.';
COMMENT ON COLUMN wishkit.request.environment IS 'For which environment of wishkit.toml.';
COMMENT ON COLUMN wishkit.request.digest IS 'SHA-256 of bundle, in hexadecimal; what is approved.';
COMMENT ON COLUMN wishkit.request.bundle IS
    'JSON with sorted keys: the migrations with checksums, texts and risk, the plan''s digest, the '
    'state of the database it was planned for, what the rehearsal proved, the note.';
COMMENT ON COLUMN wishkit.request.requested_by IS
    'Who the server says was logged in (session_user); never one of its approvers.';
COMMENT ON COLUMN wishkit.request.requested_at IS 'When, by the server''s clock.';
COMMENT ON COLUMN wishkit.request.expires_at IS 'It is good until then, by the server''s clock.';

CREATE TABLE wishkit.approval (
    id           bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    request_id   bigint      NOT NULL REFERENCES wishkit.request,
    verdict      text        NOT NULL CHECK (verdict IN ('approve', 'reject')),
    digest       text        NOT NULL,
    note         text,
    approver     name        NOT NULL DEFAULT session_user,
    approved_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    authenticated_as text,
    UNIQUE (request_id, approver, verdict)
);
COMMENT ON TABLE wishkit.approval IS
    'Who approved or rejected a request; nobody twice. Inserted by the login role of the approver '
    'itself; never changed.';
COMMENT ON COLUMN wishkit.approval.id IS 'Number of the row.';
COMMENT ON COLUMN wishkit.approval.request_id IS 'Which request.';
COMMENT ON COLUMN wishkit.approval.verdict IS 'approve or reject; one rejection closes a request.';
COMMENT ON COLUMN wishkit.approval.digest IS
    'Digest of the bundle that the approver has seen; that of the request, or there is no row.';
COMMENT ON COLUMN wishkit.approval.note IS 'In the approver''s words.';
COMMENT ON COLUMN wishkit.approval.approver IS
    'Who the server says was logged in (session_user); no client can say it.';
COMMENT ON COLUMN wishkit.approval.approved_at IS 'When, by the server''s clock.';
COMMENT ON COLUMN wishkit.approval.authenticated_as IS
    'How the server knew who that was (system_user: method and identity); null before 16 and '
    'where it trusts without asking.';

CREATE TABLE wishkit.request_run (
    request_id bigint      NOT NULL REFERENCES wishkit.request,
    run_id     bigint      NOT NULL REFERENCES wishkit.run,
    begun_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (request_id, run_id)
);
COMMENT ON TABLE wishkit.request_run IS 'Which runs went through on which request; never changed.';
COMMENT ON COLUMN wishkit.request_run.request_id IS 'The request with its approvals.';
COMMENT ON COLUMN wishkit.request_run.run_id IS 'The run.';
COMMENT ON COLUMN wishkit.request_run.begun_at IS 'When it was let through.';

CREATE VIEW wishkit.request_done AS
SELECT u.request_id, e.migration_id, e.direction, max(e.ended_at) AS ended_at
FROM wishkit.request_run AS u
JOIN wishkit.execution AS e ON e.run_id = u.run_id AND e.outcome = 'done'
GROUP BY u.request_id, e.migration_id, e.direction;
COMMENT ON VIEW wishkit.request_done IS
    'What of a request has been carried out; an approver may read it without the rest of the ledger.';
COMMENT ON COLUMN wishkit.request_done.request_id IS 'Which request.';
COMMENT ON COLUMN wishkit.request_done.migration_id IS 'Which migration.';
COMMENT ON COLUMN wishkit.request_done.direction IS 'Which way it ran.';
COMMENT ON COLUMN wishkit.request_done.ended_at IS 'When that was.';

CREATE TABLE wishkit.chain (
    id       bigint      PRIMARY KEY,
    at       timestamptz NOT NULL,
    relation text        NOT NULL,
    key      text        NOT NULL,
    role     name        NOT NULL,
    content  text        NOT NULL,
    hash     text        NOT NULL,
    UNIQUE (relation, key)
);
COMMENT ON TABLE wishkit.chain IS
    'One entry for each row that says what was done or approved, written with it by a trigger. '
    'wishkit ledger verify computes it anew. Never changed.';
COMMENT ON COLUMN wishkit.chain.id IS 'From 1, without a gap.';
COMMENT ON COLUMN wishkit.chain.at IS 'When it was written.';
COMMENT ON COLUMN wishkit.chain.relation IS 'Which table of schema wishkit.';
COMMENT ON COLUMN wishkit.chain.key IS 'The key of the row.';
COMMENT ON COLUMN wishkit.chain.role IS 'Who the server says was logged in (session_user).';
COMMENT ON COLUMN wishkit.chain.content IS
    'SHA-256 of the row as JSON: its columns that are not null and do not change later.';
COMMENT ON COLUMN wishkit.chain.hash IS
    'SHA-256 of the hash before it and of this entry, in lines: id, at in microseconds since 1970, '
    'relation, key, role, content.';

-- The trigger is deferred, so that whoever waits with COMMIT holds up nobody who records.
CREATE FUNCTION wishkit.add_to_chain() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' SET intervalstyle = 'postgres'
SET enable_seqscan = off  -- a plan made while the chain is short serves a session to its end
AS $function$
DECLARE
    told jsonb := jsonb_strip_nulls(to_jsonb(NEW) - TG_ARGV[1:]);
    row_key text := told ->> 'id';
    content text := encode(sha256(convert_to(told::text, 'UTF8')), 'hex');
    now timestamptz := clock_timestamp();
    last bigint;
    before text;
BEGIN
    IF TG_ARGV[0] <> 'id' THEN
        SELECT string_agg(told ->> k, '/') INTO row_key
        FROM unnest(string_to_array(TG_ARGV[0], '/')) AS k;
    END IF;
    PERFORM pg_advisory_xact_lock(2003399528, 1667785582);
    -- A statement of its own, so that it sees what was committed while it waited.
    SELECT c.id, c.hash INTO last, before FROM wishkit.chain AS c ORDER BY c.id DESC LIMIT 1;
    last := coalesce(last, 0) + 1;
    INSERT INTO wishkit.chain (id, at, relation, key, role, content, hash)
    VALUES (last, now, TG_TABLE_NAME, row_key, session_user, content,
            encode(sha256(convert_to(coalesce(before, '') || E'\n' || last || E'\n'
                || (extract(epoch FROM now) * 1000000)::bigint || E'\n' || TG_TABLE_NAME || E'\n'
                || row_key || E'\n' || session_user || E'\n' || content, 'UTF8')), 'hex'));
    RETURN NULL;
END
$function$;
COMMENT ON FUNCTION wishkit.add_to_chain() IS
    'Writes wishkit.chain. Its arguments: the columns of the key, and those that change later.';

CREATE FUNCTION wishkit.refuse_change() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    RAISE EXCEPTION '% of wishkit.% is refused: its rows are never changed', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'WKA01', HINT = 'a new request replaces an old one; a rejection closes it';
END
$function$;
COMMENT ON FUNCTION wishkit.refuse_change() IS 'What was approved stays as it is, for everybody.';

-- Real membership: a superuser counts as a member of every role, and that does not make an approver.
CREATE FUNCTION wishkit.members(approvers name) RETURNS TABLE (member name)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $function$
    WITH RECURSIVE below (oid) AS (
        SELECT r.oid FROM pg_roles AS r WHERE r.rolname = approvers
        UNION
        SELECT m.member FROM below AS b JOIN pg_auth_members AS m ON m.roleid = b.oid
        -- Since 16 a membership may be one that only administers.
        WHERE coalesce((to_jsonb(m) ->> 'inherit_option')::boolean, true)
           OR coalesce((to_jsonb(m) ->> 'set_option')::boolean, true)
    )
    SELECT r.rolname FROM below AS b JOIN pg_roles AS r USING (oid)
    WHERE r.rolcanlogin ORDER BY r.rolname
$function$;
COMMENT ON FUNCTION wishkit.members(name) IS 'Who may approve: members of a role that may log in.';

CREATE FUNCTION wishkit.stamp_request() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    longest interval := (SELECT expires FROM wishkit.approver ORDER BY id DESC LIMIT 1);
BEGIN
    IF NEW.requested_by <> session_user THEN
        RAISE EXCEPTION 'requested_by is filled by the server: % is logged in', session_user
            USING ERRCODE = 'WKA01', HINT = 'leave it out';
    END IF;
    NEW.requested_at := clock_timestamp();
    NEW.expires_at := least(NEW.expires_at, NEW.requested_at + longest);
    IF NEW.digest <> encode(sha256(convert_to(NEW.bundle, 'UTF8')), 'hex') THEN
        RAISE EXCEPTION 'the digest is not that of the bundle' USING ERRCODE = 'WKA01',
            HINT = 'wishkit request computes both';
    END IF;
    RETURN NEW;
END
$function$;
COMMENT ON FUNCTION wishkit.stamp_request() IS 'Fills in who requests and when.';

CREATE FUNCTION wishkit.stamp_approval() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    asked wishkit.request;
    approvers name := (SELECT role FROM wishkit.approver ORDER BY id DESC LIMIT 1);
    newer bigint;
    began name := (SELECT usename FROM pg_stat_get_activity(pg_backend_pid()) AS a
                   JOIN pg_user AS u ON u.usesysid = a.usesysid);
BEGIN
    IF NEW.approver <> session_user THEN
        RAISE EXCEPTION 'approver is filled by the server: % is logged in', session_user
            USING ERRCODE = 'WKA01', HINT = 'an approval is given by who logs in as that role';
    END IF;
    IF began IS DISTINCT FROM session_user THEN
        RAISE EXCEPTION 'this session began as %: SET SESSION AUTHORIZATION makes no approver',
            coalesce(began, 'somebody else')
            USING ERRCODE = 'WKA01', HINT = 'log in as the approver';
    END IF;
    SELECT * INTO asked FROM wishkit.request WHERE id = NEW.request_id;
    IF asked.id IS NULL THEN
        RAISE EXCEPTION 'there is no request %', NEW.request_id
            USING ERRCODE = 'WKA01', HINT = 'wishkit requests lists them';
    END IF;
    IF asked.requested_by = session_user THEN
        RAISE EXCEPTION '% requested it, and nobody decides on a request of their own', session_user
            USING ERRCODE = 'WKA01', HINT = 'let another one of the approvers decide';
    END IF;
    IF approvers IS NULL OR NOT EXISTS (
        SELECT FROM wishkit.members(approvers) AS m WHERE m.member = session_user
    ) THEN
        RAISE EXCEPTION '% is no member of %', session_user,
            coalesce('the approvers'' role ' || approvers, 'any approvers'' role: none is set')
            USING ERRCODE = 'WKA01',
            HINT = 'who administers the server grants that role; wishkit approvers says which it is';
    END IF;
    IF NEW.digest <> asked.digest
       OR asked.digest <> encode(sha256(convert_to(asked.bundle, 'UTF8')), 'hex') THEN
        RAISE EXCEPTION 'request % is not what was looked at', asked.id
            USING ERRCODE = 'WKA01', HINT = 'look at it again: wishkit requests ID';
    END IF;
    SELECT max(r.id) INTO newer FROM wishkit.request AS r
    WHERE r.environment = asked.environment AND r.id > asked.id;
    IF newer IS NOT NULL THEN
        RAISE EXCEPTION 'request % was replaced by request %', asked.id, newer
            USING ERRCODE = 'WKA01', HINT = 'look at the new one';
    END IF;
    IF EXISTS (SELECT FROM wishkit.approval AS a
               WHERE a.request_id = asked.id AND a.verdict = 'reject') THEN
        RAISE EXCEPTION 'request % was rejected', asked.id
            USING ERRCODE = 'WKA01', HINT = 'whoever wants it has to request it again';
    END IF;
    IF asked.expires_at <= clock_timestamp() THEN
        RAISE EXCEPTION 'request % has expired', asked.id
            USING ERRCODE = 'WKA01', HINT = 'whoever wants it has to request it again';
    END IF;
    IF NEW.verdict = 'approve' AND EXISTS (
        SELECT FROM wishkit.approval AS a
        WHERE a.request_id = asked.id AND a.approver = session_user
    ) THEN
        RAISE EXCEPTION '% has approved request % already', session_user, asked.id
            USING ERRCODE = 'WKA01', HINT = 'a second approval has to be another person''s';
    END IF;
    NEW.approved_at := clock_timestamp();
    NEW.authenticated_as := NULL;
    IF current_setting('server_version_num')::integer >= 160000 THEN
        EXECUTE 'SELECT system_user' INTO NEW.authenticated_as;
    END IF;
    RETURN NEW;
END
$function$;
COMMENT ON FUNCTION wishkit.stamp_approval() IS
    'Fills in who approves and when, and refuses who may not.';

CREATE FUNCTION wishkit.stamp_approver() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    NEW.set_by := session_user;
    NEW.set_at := clock_timestamp();
    NEW.database := (SELECT d.oid FROM pg_database AS d WHERE d.datname = current_database());
    RETURN NEW;
END
$function$;
COMMENT ON FUNCTION wishkit.stamp_approver() IS 'Fills in who set the approvers, when and where.';

CREATE TRIGGER stamp BEFORE INSERT ON wishkit.request
    FOR EACH ROW EXECUTE FUNCTION wishkit.stamp_request();
CREATE TRIGGER stamp BEFORE INSERT ON wishkit.approval
    FOR EACH ROW EXECUTE FUNCTION wishkit.stamp_approval();
CREATE TRIGGER stamp BEFORE INSERT ON wishkit.approver
    FOR EACH ROW EXECUTE FUNCTION wishkit.stamp_approver();
ALTER TABLE wishkit.request ENABLE ALWAYS TRIGGER stamp;
ALTER TABLE wishkit.approval ENABLE ALWAYS TRIGGER stamp;
ALTER TABLE wishkit.approver ENABLE ALWAYS TRIGGER stamp;

-- Row-level security is switched on with the approvers: with it, pg_dump by a role that is no
-- superuser needs --enable-row-security, and who has no approvers shall not have to know.
CREATE POLICY read ON wishkit.request FOR SELECT USING (true);
CREATE POLICY own ON wishkit.request FOR INSERT WITH CHECK (requested_by = session_user);
CREATE POLICY read ON wishkit.approval FOR SELECT USING (true);
CREATE POLICY own ON wishkit.approval FOR INSERT WITH CHECK (approver = session_user);

-- The chain begins with what is there already.
DO $lift$
DECLARE
    path text := current_setting('search_path');
    name text;
    later text[];
    row_ jsonb;
    entry wishkit.chain;
    hash text := '';
    number bigint := 0;
BEGIN
    PERFORM set_config('search_path', 'pg_catalog', true), set_config('timezone', 'UTC', true),
            set_config('extra_float_digits', '1', true), set_config('datestyle', 'ISO', true),
            set_config('intervalstyle', 'postgres', true), set_config('bytea_output', 'hex', true);
    FOREACH name IN ARRAY ARRAY['run', 'execution', 'backup', 'approver', 'request', 'approval',
                                'request_run', 'chain'] LOOP
        CONTINUE WHEN to_regclass('wishkit.' || name) IS NULL;
        IF name NOT IN ('run', 'execution') THEN
            EXECUTE format('CREATE TRIGGER stay BEFORE UPDATE OR DELETE OR TRUNCATE ON wishkit.%I '
                           'FOR EACH STATEMENT EXECUTE FUNCTION wishkit.refuse_change()', name);
            EXECUTE format('ALTER TABLE wishkit.%I ENABLE ALWAYS TRIGGER stay', name);
        END IF;
        CONTINUE WHEN name = 'chain';
        later := CASE name WHEN 'run'
                 THEN ARRAY['ended_at', 'outcome', 'backend_pid', 'backend_start']
                 ELSE ARRAY[]::text[] END;
        EXECUTE format('CREATE CONSTRAINT TRIGGER chain AFTER INSERT ON wishkit.%I '
                       'DEFERRABLE INITIALLY DEFERRED FOR EACH ROW '
                       'EXECUTE FUNCTION wishkit.add_to_chain(%L%s)', name,
                       CASE name WHEN 'request_run' THEN 'request_id/run_id'
                                 WHEN 'backup' THEN 'entry' ELSE 'id' END,
                       (SELECT string_agg(format(', %L', l), '') FROM unnest(later) AS l));
        EXECUTE format('ALTER TABLE wishkit.%I ENABLE ALWAYS TRIGGER chain', name);
        FOR row_ IN EXECUTE format(
            'SELECT told FROM (SELECT jsonb_strip_nulls(to_jsonb(t) - $1) AS told FROM wishkit.%I AS t) '
            'AS r ORDER BY told -> %L', name, CASE name WHEN 'backup' THEN 'entry' ELSE 'id' END) USING later LOOP
            number := number + 1;
            entry := ROW(number, clock_timestamp(), name,
                         coalesce(row_ ->> 'entry', row_ ->> 'id'), session_user,
                         encode(sha256(convert_to(row_::text, 'UTF8')), 'hex'), '');
            hash := encode(sha256(convert_to(concat_ws(E'\n', hash, entry.id,
                (extract(epoch FROM entry.at) * 1000000)::bigint, entry.relation, entry.key,
                entry.role, entry.content), 'UTF8')), 'hex');
            entry.hash := hash;
            INSERT INTO wishkit.chain SELECT entry.*;
        END LOOP;
    END LOOP;
    -- What comes behind this in the same transaction asks where new tables would go.
    PERFORM set_config('search_path', path, true);
END
$lift$
