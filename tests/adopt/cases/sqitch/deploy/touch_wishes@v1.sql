-- Deploy shop:touch_wishes to pg
-- requires: create_wishes

BEGIN;

CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.changed_at := now();
    RETURN NEW;
END
$$;
CREATE TRIGGER wishes_touch BEFORE UPDATE ON wishes FOR EACH ROW EXECUTE FUNCTION touch();

COMMIT;
