CREATE FUNCTION public.touch() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    NEW.changed_at := now();
    RETURN NEW;
END
$$;
CREATE TABLE public.schema_migrations (
    version character varying NOT NULL
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
INSERT INTO public.schema_migrations VALUES ('20240105120000');
INSERT INTO public.schema_migrations VALUES ('20240210093000');
INSERT INTO public.schema_migrations VALUES ('20240301080000');
SELECT pg_catalog.setval('public.wishes_id_seq', 1, false);
ALTER TABLE ONLY public.schema_migrations
    ADD CONSTRAINT schema_migrations_pkey PRIMARY KEY (version);
ALTER TABLE ONLY public.wishes
    ADD CONSTRAINT wishes_pkey PRIMARY KEY (id);
CREATE INDEX wishes_title_idx ON public.wishes USING btree (title);
CREATE TRIGGER wishes_touch BEFORE UPDATE ON public.wishes FOR EACH ROW EXECUTE FUNCTION public.touch();
