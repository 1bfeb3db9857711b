"""Plans to be judged, and tables of a hundred rows to judge them by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg

from wishkit.config import Small
from wishkit.core.batches import batches
from wishkit.core.hazards import Question, hazards, question, take_apart
from wishkit.core.migration import Migration
from wishkit.core.plan import Step
from wishkit.core.script import Script
from wishkit.postgres.hazards import facts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wishkit.core.batches import Batch
    from wishkit.core.hazards import Hazard

Connection = psycopg.Connection[Any]

SCHEMA = """CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE DOMAIN plain AS int;
CREATE DOMAIN checked AS int CHECK (VALUE > 0);
CREATE SCHEMA s;
CREATE FUNCTION s.now() RETURNS int VOLATILE LANGUAGE plpgsql AS 'BEGIN RETURN 1; END';
CREATE FUNCTION fixed() RETURNS int IMMUTABLE LANGUAGE plpgsql AS 'BEGIN RETURN 1; END';
CREATE FUNCTION moving() RETURNS int VOLATILE LANGUAGE plpgsql AS 'BEGIN RETURN 1; END';
CREATE TABLE parent (id int PRIMARY KEY);
CREATE TABLE few (id int);
CREATE TABLE big (
    id int PRIMARY KEY, a int, b varchar(10), c varchar(10) CHECK (c <> 'x'), d timestamp,
    e int NOT NULL, f int CONSTRAINT f_given CHECK (f IS NOT NULL AND f > 0),
    g int, h numeric(10, 2), i text, j char(3)
);
ALTER TABLE big ADD CONSTRAINT g_given CHECK (g IS NOT NULL) NOT VALID;
ALTER TABLE big ADD CONSTRAINT a_parent FOREIGN KEY (a) REFERENCES parent NOT VALID;
CREATE INDEX big_b ON big (b);
CREATE INDEX big_i ON big (lower(i));
CREATE UNIQUE INDEX big_a ON big (a);
CREATE UNIQUE INDEX big_e ON big (e);
INSERT INTO parent SELECT generate_series(1, 100);
INSERT INTO big SELECT n, n, n, n, now(), n, n, n, n, n, 'abc' FROM generate_series(1, 100) AS n;
INSERT INTO few VALUES (1);
CREATE TABLE split (id int NOT NULL, k int NOT NULL) PARTITION BY RANGE (k);
CREATE TABLE split1 PARTITION OF split FOR VALUES FROM (0) TO (60);
CREATE TABLE split2 PARTITION OF split FOR VALUES FROM (60) TO (200);
INSERT INTO split SELECT n, n FROM generate_series(1, 100) AS n;
CREATE TABLE split_new AS SELECT n AS id, n + 200 AS k FROM generate_series(1, 100) AS n;
ALTER TABLE split_new ALTER id SET NOT NULL, ALTER k SET NOT NULL;
CREATE TABLE split_proven (LIKE split_new, CHECK (k >= 200 AND k < 400));
INSERT INTO split_proven SELECT * FROM split_new;
ANALYZE;
"""


def asked(sql: str) -> Question:
    """What the catalog is asked for the sake of a plan."""
    return question(take_apart(prepared(sql)))


def prepared(sql: str) -> list[tuple[Step, Sequence[Batch]]]:
    transactional = not sql.startswith("-- transactional: false")
    script = Script("0002_try.sql", sql.encode())
    step = Step(Migration.of("0002_try", script, Script("", b"SELECT 1;")), "forward")
    return [(step, batches(script, transactional=transactional))]


def judged(connection: Connection, sql: str, *, rows: int = 10) -> list[Hazard]:
    plan = take_apart(prepared(sql))
    known = facts(connection, question(plan))
    found = hazards(plan, known, small=Small(rows=rows))
    return [it for it in found["0002_try"] if it.refused]
