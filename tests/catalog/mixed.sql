-- Definitions that servers print differently from each other if they can, all as of 14: views over
-- one and over several relations, generated columns, expressions of every kind, awkward names.
CREATE SCHEMA mixed;
CREATE TYPE mixed.mood AS ENUM ('sad', 'ok', 'happy');
CREATE TYPE mixed."Größe" AS (wide numeric(6, 2), "hoch" text COLLATE "C");
CREATE DOMAIN mixed.percent AS numeric(5, 2) NOT NULL DEFAULT 0 CHECK (VALUE BETWEEN 0 AND 100);
CREATE TABLE mixed.people (
    id bigint GENERATED ALWAYS AS IDENTITY (START 100 INCREMENT 5) PRIMARY KEY,
    name text NOT NULL,
    "select" varchar(20) DEFAULT 'a''b' NOT NULL,
    born date DEFAULT '2001-02-03' CHECK (born > '1900-01-01'),
    at timestamptz DEFAULT now() - interval '1 day 02:03:04',
    money_ money DEFAULT 12.5,
    ratio float8 DEFAULT 0.1,
    raw bytea DEFAULT '\x00ff',
    mood mixed.mood DEFAULT 'ok',
    share mixed.percent,
    code char(3),
    label text GENERATED ALWAYS AS (lower(name) || ' ' || 'x') STORED,
    tags text[] DEFAULT ARRAY['a', 'b'],
    doc jsonb DEFAULT '{"a": [1, 2]}',
    boss bigint REFERENCES mixed.people ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT sane CHECK (ratio >= 0 AND ratio <= 1 OR name ~ '^x' AND mood = ANY ('{ok,happy}'::mixed.mood[])),
    UNIQUE (name, born) INCLUDE (code)
);
CREATE TABLE mixed."Order"" Lines" (
    "Order" bigint NOT NULL REFERENCES mixed.people (id) ON UPDATE CASCADE,
    line integer NOT NULL,
    PRIMARY KEY ("Order", line),
    UNIQUE (line),
    EXCLUDE USING gist (int8range("Order", "Order" + line) WITH &&)
);
CREATE INDEX ON mixed.people (name);
CREATE INDEX ON mixed.people ("select", id);
CREATE INDEX of_domain ON mixed.people (share, mood);
CREATE INDEX in_c ON mixed.people (name COLLATE "C");
CREATE INDEX down ON mixed.people (born DESC NULLS LAST, mood);
CREATE INDEX patterns ON mixed.people ("select" varchar_pattern_ops) WITH (fillfactor = 70);
CREATE INDEX lowered ON mixed.people (lower(name), (doc ->> 'a')) WHERE mood <> 'sad' AND born IS NOT NULL;
CREATE INDEX tags ON mixed.people USING gin (tags);
CREATE UNIQUE INDEX "Quoted Index" ON mixed."Order"" Lines" (line, "Order");
CREATE TABLE mixed.parts (id int NOT NULL, at date NOT NULL, v text, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
CREATE TABLE mixed.parts_1 PARTITION OF mixed.parts FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE mixed.parts_rest PARTITION OF mixed.parts DEFAULT;
CREATE TABLE mixed.parts_2 (v text, at date NOT NULL, id int NOT NULL);
ALTER TABLE mixed.parts ATTACH PARTITION mixed.parts_2 FOR VALUES FROM ('2025-01-01') TO (MAXVALUE);
CREATE INDEX parts_v ON mixed.parts (v);
CREATE TABLE mixed.refers (part int, at date, FOREIGN KEY (part, at) REFERENCES mixed.parts);
CREATE TABLE mixed.child (extra int) INHERITS (mixed.refers);
CREATE VIEW mixed.one AS SELECT id, name AS called, upper("select") FROM mixed.people WHERE born > '2000-01-01';
CREATE VIEW mixed.aliased AS SELECT p.id, p.name || 'p.id' AS odd FROM mixed.people AS p ORDER BY p.name;
CREATE VIEW mixed.grouped AS
    SELECT mood, count(*) AS n, sum(ratio) FILTER (WHERE ratio > 0.5) AS s FROM mixed.people
    GROUP BY mood HAVING count(*) > 1;
CREATE VIEW mixed.joined AS
    SELECT a.name, b.name AS boss FROM mixed.people AS a LEFT JOIN mixed.people AS b ON b.id = a.boss;
CREATE VIEW mixed.united AS SELECT id FROM mixed.people UNION ALL SELECT part FROM mixed.refers;
CREATE VIEW mixed.nested AS
    SELECT id FROM mixed.people
    WHERE EXISTS (SELECT 1 FROM mixed.refers AS r WHERE r.part = people.id)
       OR name IN (SELECT v FROM mixed.parts);
CREATE VIEW mixed.with_cte AS WITH t AS (SELECT id, name FROM mixed.people) SELECT t.id FROM t WHERE t.name <> '';
CREATE VIEW mixed.windowed AS
    SELECT id, row_number() OVER (PARTITION BY mood ORDER BY born DESC) AS n, (doc -> 'a') AS a FROM mixed.people;
CREATE VIEW mixed.rows AS SELECT people.*, people AS whole FROM mixed.people;
CREATE VIEW mixed.quoted AS SELECT "Order", line FROM mixed."Order"" Lines";
CREATE VIEW mixed.of_function AS SELECT g, g + 1 AS next FROM generate_series(1, 3) AS g;
CREATE VIEW mixed.of_values AS SELECT column1 FROM (VALUES (1), (2)) AS v;
CREATE VIEW mixed.sub AS SELECT s.id FROM (SELECT id, name FROM mixed.people) AS s;
CREATE VIEW mixed.sampled AS SELECT id FROM mixed.people TABLESAMPLE system (10) WHERE id > 1;
CREATE MATERIALIZED VIEW mixed.stored AS SELECT id, name FROM mixed.people WITH NO DATA;
CREATE FUNCTION mixed.f(a integer, OUT b text, VARIADIC rest text[] DEFAULT '{}') LANGUAGE sql STABLE COST 5
    SET search_path = mixed, pg_temp AS $$ SELECT name FROM people WHERE id = a $$;
CREATE FUNCTION mixed.g(a integer DEFAULT 1) RETURNS TABLE (x bigint, y text) LANGUAGE sql
    BEGIN ATOMIC SELECT id, name FROM mixed.people WHERE id > a; END;
CREATE FUNCTION mixed.t() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
CREATE TRIGGER t BEFORE UPDATE OF name ON mixed.people FOR EACH ROW WHEN (OLD.name <> NEW.name) EXECUTE FUNCTION mixed.t('a', 'b');
CREATE TRIGGER p AFTER INSERT ON mixed.parts REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION mixed.t();
CREATE TRIGGER r AFTER INSERT ON mixed.parts FOR EACH ROW EXECUTE FUNCTION mixed.t();
CREATE RULE quiet AS ON INSERT TO mixed.one DO INSTEAD INSERT INTO mixed.people (name) VALUES (new.called);
CREATE POLICY own ON mixed.people FOR UPDATE USING (name = current_user) WITH CHECK (ratio < 1);
CREATE STATISTICS mixed.s (ndistinct, dependencies) ON name, (lower(name)) FROM mixed.people;
CREATE SEQUENCE mixed.q AS integer START 7 INCREMENT -3 MINVALUE -1000 MAXVALUE 10 OWNED BY mixed.child.extra;
GRANT SELECT, INSERT ON mixed.people TO PUBLIC;
GRANT SELECT (name) ON mixed.people TO PUBLIC;
REVOKE EXECUTE ON FUNCTION mixed.t() FROM PUBLIC;
COMMENT ON COLUMN mixed.people.name IS 'what one is called';
COMMENT ON INDEX mixed.in_c IS 'bytes';
