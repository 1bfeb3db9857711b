CREATE SCHEMA drizzle;
CREATE FUNCTION public.touch() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    NEW.changed_at := now();
    RETURN NEW;
END
$$;
CREATE TABLE drizzle.__drizzle_migrations (
    id integer NOT NULL,
    hash text NOT NULL,
    created_at bigint
);
CREATE SEQUENCE drizzle.__drizzle_migrations_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE drizzle.__drizzle_migrations_id_seq OWNED BY drizzle.__drizzle_migrations.id;
CREATE TABLE public.wishes (
    id bigint NOT NULL,
    title text NOT NULL,
    changed_at timestamp with time zone DEFAULT now() NOT NULL,
    store text
);
ALTER TABLE public.wishes ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.wishes_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
ALTER TABLE ONLY drizzle.__drizzle_migrations ALTER COLUMN id SET DEFAULT nextval('drizzle.__drizzle_migrations_id_seq'::regclass);
INSERT INTO drizzle.__drizzle_migrations VALUES (1, '19841022666a92b1fda4d1460f0ae413fe51ac876c171b33b4eb03c11f586ed4', 1795802384211);
INSERT INTO drizzle.__drizzle_migrations VALUES (2, '2a7656a6ae754c6a12c3c1ca0e362c008acb05c98274cac66db04052dcd2ecdd', 1795802385098);
INSERT INTO drizzle.__drizzle_migrations VALUES (3, '232c7683a89f430b77707c4a31f38c6b45714b24a4a2e65e8b1e6c59c550162c', 1795802385668);
SELECT pg_catalog.setval('drizzle.__drizzle_migrations_id_seq', 3, true);
SELECT pg_catalog.setval('public.wishes_id_seq', 1, false);
ALTER TABLE ONLY drizzle.__drizzle_migrations
    ADD CONSTRAINT __drizzle_migrations_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.wishes
    ADD CONSTRAINT wishes_pkey PRIMARY KEY (id);
CREATE INDEX wishes_store_idx ON public.wishes USING btree (store);
CREATE INDEX wishes_title_idx ON public.wishes USING btree (title);
CREATE TRIGGER wishes_touch BEFORE UPDATE ON public.wishes FOR EACH ROW EXECUTE FUNCTION public.touch();
