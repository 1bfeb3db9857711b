CREATE SCHEMA graphile_migrate;
CREATE FUNCTION public.touch() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    NEW.changed_at := now();
    RETURN NEW;
END
$$;
CREATE TABLE graphile_migrate.current (
    filename text DEFAULT 'current.sql'::text NOT NULL,
    content text NOT NULL,
    date timestamp with time zone DEFAULT now() NOT NULL
);
CREATE TABLE graphile_migrate.migrations (
    hash text NOT NULL,
    previous_hash text,
    filename text NOT NULL,
    date timestamp with time zone DEFAULT now() NOT NULL
);
CREATE TABLE public.wishes (
    id bigint NOT NULL,
    title text NOT NULL,
    changed_at timestamp with time zone DEFAULT now() NOT NULL
);
ALTER TABLE public.wishes ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.wishes_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
INSERT INTO graphile_migrate.migrations VALUES ('sha1:ff8ce80e05720e66021531dbbe17e0fc1cce6950', NULL, '000001.sql', '2026-11-27 18:00:11.075559+00');
INSERT INTO graphile_migrate.migrations VALUES ('sha1:14949c562e413aac330a305158a60201e407c189', 'sha1:ff8ce80e05720e66021531dbbe17e0fc1cce6950', '000002.sql', '2026-11-27 18:00:12.055921+00');
INSERT INTO graphile_migrate.migrations VALUES ('sha1:714165dd1e18d5ef2d1dc7c742ae5cd5b9551f60', 'sha1:14949c562e413aac330a305158a60201e407c189', '000003.sql', '2026-11-27 18:00:13.028374+00');
SELECT pg_catalog.setval('public.wishes_id_seq', 1, false);
ALTER TABLE ONLY graphile_migrate.current
    ADD CONSTRAINT current_pkey PRIMARY KEY (filename);
ALTER TABLE ONLY graphile_migrate.migrations
    ADD CONSTRAINT migrations_pkey PRIMARY KEY (hash);
ALTER TABLE ONLY public.wishes
    ADD CONSTRAINT wishes_pkey PRIMARY KEY (id);
CREATE INDEX wishes_title_idx ON public.wishes USING btree (title);
CREATE TRIGGER wishes_touch BEFORE UPDATE ON public.wishes FOR EACH ROW EXECUTE FUNCTION public.touch();
ALTER TABLE ONLY graphile_migrate.migrations
    ADD CONSTRAINT migrations_previous_hash_fkey FOREIGN KEY (previous_hash) REFERENCES graphile_migrate.migrations(hash);
