--! Previous: sha1:ff8ce80e05720e66021531dbbe17e0fc1cce6950
--! Hash: sha1:14949c562e413aac330a305158a60201e407c189
--! Message: touch wishes

CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.changed_at := now();
    RETURN NEW;
END
$$;
CREATE TRIGGER wishes_touch BEFORE UPDATE ON wishes FOR EACH ROW EXECUTE FUNCTION touch();
