-- Deploy shop:touch_wishes to pg
-- requires: touch_wishes@v1

BEGIN;

CREATE OR REPLACE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.changed_at := clock_timestamp();
    RETURN NEW;
END
$$;

COMMIT;
