-- migrate:up
-- phase: every change is noted
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.changed_at := now();
    RETURN NEW;
END
$$;
CREATE TRIGGER wishes_touch BEFORE UPDATE ON wishes FOR EACH ROW EXECUTE FUNCTION touch();

-- migrate:down
DROP TRIGGER wishes_touch ON wishes;
DROP FUNCTION touch();
