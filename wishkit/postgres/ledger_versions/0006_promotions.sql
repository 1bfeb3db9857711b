-- The ledger, version 6: what was promoted from where, through which gates, and past which ones.
-- docs/promotion.md says who has to acknowledge what.
CREATE TABLE wishkit.promotion (
    id               bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    run_id           bigint      NOT NULL REFERENCES wishkit.run,
    from_environment text        NOT NULL,
    to_environment   text        NOT NULL,
    migrations       text[]      NOT NULL,
    gates            jsonb       NOT NULL,
    skipped          text[]      NOT NULL,
    emergency        text,
    promoted_by      name        NOT NULL DEFAULT session_user,
    promoted_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    CHECK ((emergency IS NULL) = (skipped = '{}'))
);
COMMENT ON TABLE wishkit.promotion IS
    'What was carried here from another environment: written before the first of its migrations '
    'runs. How that ended is told by its run. Never changed.';
COMMENT ON COLUMN wishkit.promotion.id IS 'Number of the promotion.';
COMMENT ON COLUMN wishkit.promotion.run_id IS 'The run that applied it.';
COMMENT ON COLUMN wishkit.promotion.from_environment IS 'Where it was applied before.';
COMMENT ON COLUMN wishkit.promotion.to_environment IS 'The environment that this database is.';
COMMENT ON COLUMN wishkit.promotion.migrations IS 'What it was to apply, in order.';
COMMENT ON COLUMN wishkit.promotion.gates IS
    'Every gate as it was found: name, passed, found, missing, who, code.';
COMMENT ON COLUMN wishkit.promotion.skipped IS 'Gates that were closed, and gone past.';
COMMENT ON COLUMN wishkit.promotion.emergency IS
    'Why, in the words of who went past them; null where all gates were open.';
COMMENT ON COLUMN wishkit.promotion.promoted_by IS
    'Who the server says was logged in (session_user).';
COMMENT ON COLUMN wishkit.promotion.promoted_at IS 'When, by the server''s clock.';

CREATE TABLE wishkit.acknowledgement (
    promotion_id    bigint      PRIMARY KEY REFERENCES wishkit.promotion,
    note            text        NOT NULL CHECK (note ~ '\S'),
    acknowledged_by name        NOT NULL DEFAULT session_user,
    acknowledged_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE wishkit.acknowledgement IS
    'That somebody has looked at a promotion that went past closed gates. Never changed.';
COMMENT ON COLUMN wishkit.acknowledgement.promotion_id IS 'Which promotion.';
COMMENT ON COLUMN wishkit.acknowledgement.note IS 'What came of it, in the words of who looked.';
COMMENT ON COLUMN wishkit.acknowledgement.acknowledged_by IS
    'Who the server says was logged in (session_user). Where approvers are named: one of them, and '
    'not who promoted.';
COMMENT ON COLUMN wishkit.acknowledgement.acknowledged_at IS 'When, by the server''s clock.';

CREATE FUNCTION wishkit.stamp_promotion() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    NEW.promoted_by := session_user;
    NEW.promoted_at := clock_timestamp();
    RETURN NEW;
END
$function$;
COMMENT ON FUNCTION wishkit.stamp_promotion() IS 'Fills in who promotes and when.';

CREATE FUNCTION wishkit.stamp_acknowledgement() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    asked wishkit.promotion;
    approvers name := (SELECT role FROM wishkit.approver ORDER BY id DESC LIMIT 1);
BEGIN
    SELECT * INTO asked FROM wishkit.promotion WHERE id = NEW.promotion_id;
    IF asked.emergency IS NULL THEN
        RAISE EXCEPTION 'there is nothing to acknowledge in promotion %', NEW.promotion_id
            USING ERRCODE = 'WKA01', HINT = 'wishkit ledger review lists what has to be';
    END IF;
    IF EXISTS (SELECT FROM wishkit.acknowledgement AS a WHERE a.promotion_id = asked.id) THEN
        RAISE EXCEPTION 'promotion % is acknowledged already', asked.id
            USING ERRCODE = 'WKA01', HINT = 'wishkit ledger review --all says by whom';
    END IF;
    IF approvers IS NOT NULL THEN
        IF asked.promoted_by = session_user THEN
            RAISE EXCEPTION '% promoted it, and nobody acknowledges what they did themselves',
                session_user
                USING ERRCODE = 'WKA01', HINT = 'let another one of the approvers look at it';
        END IF;
        IF NOT EXISTS (
            SELECT FROM wishkit.members(approvers) AS m WHERE m.member = session_user
        ) THEN
            RAISE EXCEPTION '% is no member of %', session_user, approvers
                USING ERRCODE = 'WKA01', HINT = 'let one of the approvers look at it';
        END IF;
    END IF;
    NEW.acknowledged_by := session_user;
    NEW.acknowledged_at := clock_timestamp();
    RETURN NEW;
END
$function$;
COMMENT ON FUNCTION wishkit.stamp_acknowledgement() IS
    'Fills in who acknowledges and when, and refuses who may not.';

CREATE TRIGGER stamp BEFORE INSERT ON wishkit.promotion
    FOR EACH ROW EXECUTE FUNCTION wishkit.stamp_promotion();
CREATE TRIGGER stamp BEFORE INSERT ON wishkit.acknowledgement
    FOR EACH ROW EXECUTE FUNCTION wishkit.stamp_acknowledgement();
CREATE TRIGGER stay BEFORE UPDATE OR DELETE OR TRUNCATE ON wishkit.promotion
    FOR EACH STATEMENT EXECUTE FUNCTION wishkit.refuse_change();
CREATE TRIGGER stay BEFORE UPDATE OR DELETE OR TRUNCATE ON wishkit.acknowledgement
    FOR EACH STATEMENT EXECUTE FUNCTION wishkit.refuse_change();
CREATE CONSTRAINT TRIGGER chain AFTER INSERT ON wishkit.promotion
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION wishkit.add_to_chain('id');
CREATE CONSTRAINT TRIGGER chain AFTER INSERT ON wishkit.acknowledgement
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION wishkit.add_to_chain('promotion_id');
ALTER TABLE wishkit.promotion ENABLE ALWAYS TRIGGER stamp;
ALTER TABLE wishkit.promotion ENABLE ALWAYS TRIGGER stay;
ALTER TABLE wishkit.promotion ENABLE ALWAYS TRIGGER chain;
ALTER TABLE wishkit.acknowledgement ENABLE ALWAYS TRIGGER stamp;
ALTER TABLE wishkit.acknowledgement ENABLE ALWAYS TRIGGER stay;
ALTER TABLE wishkit.acknowledgement ENABLE ALWAYS TRIGGER chain;

-- Approvers who were named before this version; those named later get it with the rest.
DO $lift$
DECLARE
    approvers name := (SELECT role FROM wishkit.approver ORDER BY id DESC LIMIT 1);
BEGIN
    IF approvers IS NOT NULL AND to_regrole(quote_ident(approvers)) IS NOT NULL THEN
        EXECUTE format('GRANT SELECT ON wishkit.promotion, wishkit.acknowledgement TO %I', approvers);
        EXECUTE format('GRANT INSERT (promotion_id, note) ON wishkit.acknowledgement TO %I', approvers);
    END IF;
END
$lift$
