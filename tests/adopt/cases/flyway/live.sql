-- As Flyway leaves a database (PostgreSQLDatabase.java, getRawCreateScript).
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
CREATE VIEW recent AS SELECT id, title FROM wishes ORDER BY changed_at DESC;
CREATE TABLE public.flyway_schema_history (
    installed_rank INT NOT NULL,
    version VARCHAR(50),
    description VARCHAR(200) NOT NULL,
    type VARCHAR(20) NOT NULL,
    script VARCHAR(1000) NOT NULL,
    checksum INTEGER,
    installed_by VARCHAR(100) NOT NULL,
    installed_on TIMESTAMP NOT NULL DEFAULT now(),
    execution_time INTEGER NOT NULL,
    success BOOLEAN NOT NULL
);
ALTER TABLE public.flyway_schema_history
    ADD CONSTRAINT flyway_schema_history_pk PRIMARY KEY (installed_rank);
CREATE INDEX flyway_schema_history_s_idx ON public.flyway_schema_history (success);
INSERT INTO public.flyway_schema_history VALUES
    (1, '1', 'create wishes', 'SQL', 'V1__create_wishes.sql', -742820634, 'app', '2024-01-05', 9, true),
    (2, '1.1', 'touch wishes', 'SQL', 'V1.1__touch_wishes.sql', 561844500, 'app', '2024-02-10', 7, true),
    (3, NULL, 'recent', 'SQL', 'R__recent.sql', -1892118622, 'app', '2024-02-10', 5, true),
    (4, '2', 'index titles', 'SQL', 'V2__index_titles.sql', -1543995179, 'app', '2024-03-01', 6, true);
