CREATE FUNCTION public.touch() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    NEW.changed_at := now();
    RETURN NEW;
END
$$;
CREATE TABLE public._yoyo_log (
    id character varying(36) NOT NULL,
    migration_hash character varying(64),
    migration_id character varying(255),
    operation character varying(10),
    username character varying(255),
    hostname character varying(255),
    comment character varying(255),
    created_at_utc timestamp without time zone
);
CREATE TABLE public._yoyo_migration (
    migration_hash character varying(64) NOT NULL,
    migration_id character varying(255),
    applied_at_utc timestamp without time zone
);
CREATE TABLE public._yoyo_version (
    version integer NOT NULL,
    installed_at_utc timestamp without time zone
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
CREATE TABLE public.yoyo_lock (
    locked integer DEFAULT 1 NOT NULL,
    ctime timestamp without time zone,
    pid integer NOT NULL
);
INSERT INTO public._yoyo_log VALUES ('52d81500-ea8c-11f1-8add-02fc00000001', '86a769e40d941cd06f5085bb1b77b484afcb22f22a86966643eaa76e4ad6aa40', '20240105_01_k3Xw9-create-wishes', 'apply', 'root', 'localhost', NULL, '2026-11-27 17:59:43.144014');
INSERT INTO public._yoyo_log VALUES ('52da866e-ea8c-11f1-8add-02fc00000001', '83a5566112a7f4479d34894012b45ce3f5a95379c4633ee14442a3c12e819a5f', '20240209_01_zzz9z-index-titles', 'apply', 'root', 'localhost', NULL, '2026-11-27 17:59:43.157235');
INSERT INTO public._yoyo_log VALUES ('52dc30f4-ea8c-11f1-8add-02fc00000001', 'db98df8cda3cddfd6fb99a18f67fb46c365a304bbde935c6ff752e43285b07ce', '20240210_02_aaB1c-touch-wishes', 'apply', 'root', 'localhost', NULL, '2026-11-27 17:59:43.168118');
INSERT INTO public._yoyo_migration VALUES ('86a769e40d941cd06f5085bb1b77b484afcb22f22a86966643eaa76e4ad6aa40', '20240105_01_k3Xw9-create-wishes', '2026-11-27 17:59:43.146622');
INSERT INTO public._yoyo_migration VALUES ('83a5566112a7f4479d34894012b45ce3f5a95379c4633ee14442a3c12e819a5f', '20240209_01_zzz9z-index-titles', '2026-11-27 17:59:43.158636');
INSERT INTO public._yoyo_migration VALUES ('db98df8cda3cddfd6fb99a18f67fb46c365a304bbde935c6ff752e43285b07ce', '20240210_02_aaB1c-touch-wishes', '2026-11-27 17:59:43.169671');
INSERT INTO public._yoyo_version VALUES (2, '2026-11-27 17:59:43.111888');
SELECT pg_catalog.setval('public.wishes_id_seq', 1, false);
ALTER TABLE ONLY public._yoyo_log
    ADD CONSTRAINT _yoyo_log_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public._yoyo_migration
    ADD CONSTRAINT _yoyo_migration_pkey PRIMARY KEY (migration_hash);
ALTER TABLE ONLY public._yoyo_version
    ADD CONSTRAINT _yoyo_version_pkey PRIMARY KEY (version);
ALTER TABLE ONLY public.wishes
    ADD CONSTRAINT wishes_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.yoyo_lock
    ADD CONSTRAINT yoyo_lock_pkey PRIMARY KEY (locked);
CREATE INDEX wishes_title_idx ON public.wishes USING btree (title);
CREATE TRIGGER wishes_touch BEFORE UPDATE ON public.wishes FOR EACH ROW EXECUTE FUNCTION public.touch();
