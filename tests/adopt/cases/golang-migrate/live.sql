-- As golang-migrate leaves a database (database/postgres/postgres.go of its version 4).
CREATE TABLE wishes (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    title text NOT NULL,
    changed_at timestamptz NOT NULL DEFAULT now()
);
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.changed_at := now();
    RETURN NEW;
END
$$;
CREATE TRIGGER wishes_touch BEFORE UPDATE ON wishes FOR EACH ROW EXECUTE FUNCTION touch();
CREATE INDEX wishes_title_idx ON wishes (title);
CREATE TABLE public.schema_migrations (version bigint NOT NULL PRIMARY KEY, dirty boolean NOT NULL);
INSERT INTO public.schema_migrations (version, dirty) VALUES (3, false);
