"""What is told of a new enum value's use before it runs, held against what the server says."""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest

from wishkit.config import Small
from wishkit.core.batches import batches
from wishkit.core.columns import Columns
from wishkit.core.enums import Addition, misplaced, refuse_early_use
from wishkit.core.locks.model import Name
from wishkit.core.migration import Migration
from wishkit.core.plan import Step
from wishkit.core.script import Script
from wishkit.errors import MigrationFileError
from wishkit.postgres.enums import refuse_new_values, swap_hazards

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wishkit.core.batches import Batch
    from wishkit.postgres.scratch import Scratch

SCHEMA = """
CREATE TYPE e AS ENUM ('a', 'b');
CREATE TYPE other AS ENUM ('a');
CREATE TABLE t (n int, s e, words text);
CREATE TABLE texts (s text);
CREATE TABLE parts (s e) PARTITION BY LIST (s);
CREATE FUNCTION takes(e) RETURNS int LANGUAGE sql AS 'SELECT 1';
"""
ADD = "ALTER TYPE e ADD VALUE 'x';\n"

# The server refuses each of these behind ADD, and we say so before it runs.
TOLD = [
    "SELECT 'x'::e",
    "SELECT CAST('x' AS e)",
    "SELECT e 'x'",
    "SELECT 'x'::public.e",
    "SELECT CASE WHEN false THEN 'x'::e END",
    "INSERT INTO t (s) VALUES ('a'), ('x')",
    "INSERT INTO t VALUES (1, 'x')",
    "INSERT INTO public.t (words, s) SELECT 'x', 'x'",
    "INSERT INTO t (s) SELECT 'x'::e WHERE false",
    "WITH w AS (INSERT INTO t (s) VALUES ('x') RETURNING s) SELECT FROM w",
    "UPDATE t SET s = 'x'",
    "UPDATE t SET words = 'y' WHERE s = 'x'",
    "DELETE FROM t WHERE s IN ('a', 'x')",
    "SELECT FROM t WHERE 'x' <> t.s",
    "SELECT FROM t AS q WHERE q.s BETWEEN 'a' AND 'x'",
    "ALTER TABLE t ALTER COLUMN s SET DEFAULT 'x'",
    "ALTER TABLE t ADD CHECK (s <> 'x') NOT VALID",
    "ALTER TABLE t ADD COLUMN q e DEFAULT 'x'",
    "ALTER TABLE t ADD COLUMN q e; UPDATE t SET q = 'x'",
    "ALTER TABLE t RENAME COLUMN s TO r; UPDATE t SET r = 'x'",
    "ALTER TABLE t RENAME TO u; UPDATE u SET s = 'x'",
    "CREATE TABLE u (s e DEFAULT 'x')",
    "CREATE TABLE u (s e, CHECK (s <> 'x'))",
    "CREATE TABLE u (s e); INSERT INTO u VALUES ('x')",
    "CREATE DOMAIN d AS e DEFAULT 'x'",
    "CREATE INDEX ON t (n) WHERE s = 'x'",
    "CREATE VIEW v AS SELECT * FROM t WHERE s = 'x'",
    "PREPARE p AS SELECT 'x'::e",
    "CREATE FUNCTION f() RETURNS e LANGUAGE sql AS $$ SELECT 'x'::e $$",
    "CREATE FUNCTION f() RETURNS void LANGUAGE sql AS $$ INSERT INTO t (s) VALUES ('x') $$",
    "CREATE FUNCTION f() RETURNS e LANGUAGE sql BEGIN ATOMIC SELECT 'x'::e; END",
    "DO $$ BEGIN PERFORM 'x'::e; END $$",
    "DO $$ BEGIN IF false THEN NULL; END IF; INSERT INTO t (s) VALUES ('x'); END $$",
    "ALTER TYPE e RENAME VALUE 'x' TO 'y'; SELECT 'y'::e",
    "CREATE TYPE o AS ENUM (); ALTER TYPE o ADD VALUE 'x'; SELECT 'x'::e",
    "ALTER TYPE other ADD VALUE 'x'; SELECT 'x'::e",
]
# The server refuses these too, but the text alone does not tell, or not for certain.
OPEN = [
    "SELECT '{x}'::e[]",
    "SELECT takes('x')",
    "SELECT coalesce(s, 'x') FROM t",
    "SELECT enum_range(NULL::e)",
    "DO $$ BEGIN IF true THEN PERFORM 'x'::e; END IF; END $$",
    "DO $$ BEGIN EXECUTE 'SELECT ''x''::e'; END $$",
    "CREATE TABLE p PARTITION OF parts FOR VALUES IN ('x')",
]
# These work, and must not be refused.
FINE = [
    "COMMENT ON TYPE e IS 'x'",
    "SELECT 'x'::text",
    "SELECT 'b'::e",
    "CREATE SCHEMA o; CREATE TYPE o.e AS ENUM ('x'); SET LOCAL search_path = o; SELECT 'x'::e",
    "SELECT FROM t WHERE s::text = 'x'",
    "SELECT FROM t WHERE words = 'x'",
    "INSERT INTO t (words) VALUES ('x')",
    "INSERT INTO texts VALUES ('x')",
    "UPDATE t SET words = 'x' WHERE s = 'a'",
    "SELECT FROM (SELECT s::text AS s FROM t) AS q WHERE s = 'x'",
    "WITH t AS (SELECT 'q'::text AS s) SELECT FROM t WHERE s = 'x'",
    "SELECT FROM t JOIN texts ON true WHERE texts.s = 'x'",
    "ALTER TABLE t ALTER COLUMN s TYPE text; UPDATE t SET s = 'x'",
    "DROP TABLE t; CREATE TABLE t AS SELECT 'q'::text AS s; UPDATE t SET s = 'x'",
    "CREATE SCHEMA o; CREATE TABLE o.t (s text); SET LOCAL search_path = o; UPDATE t SET s = 'x'",
    "CREATE SCHEMA o; CREATE TABLE o.t (s text); UPDATE o.t SET s = 'x'",
    "CREATE SCHEMA o; CREATE TYPE o.e AS ENUM ('x'); SELECT 'x'::o.e",
    "CREATE TABLE IF NOT EXISTS t (s e DEFAULT 'x'::e)",
    "ALTER TABLE t ADD COLUMN IF NOT EXISTS s e DEFAULT 'x'",
    "ALTER TABLE IF EXISTS nowhere ADD CHECK (s <> 'x'::e)",
    "CREATE FUNCTION f() RETURNS e LANGUAGE plpgsql AS $$ BEGIN RETURN 'x'::e; END $$",
    (
        "SET check_function_bodies = off;"
        "CREATE FUNCTION f() RETURNS e LANGUAGE sql AS $$ SELECT 'x'::e $$"
    ),
    "DO $$ BEGIN PERFORM 'x'::e; EXCEPTION WHEN OTHERS THEN NULL; END $$",
    "DO $$ BEGIN IF false THEN PERFORM 'x'::e; END IF; END $$",
    "DO $$ BEGIN IF true THEN RETURN; END IF; PERFORM 'x'::e; END $$",
    "DO $$ BEGIN RETURN; PERFORM 'x'::e; END $$",
]


@pytest.fixture(scope="module")
def connection(server: Scratch) -> Iterator[psycopg.Connection]:
    """A database with an enum in it; nothing in it is ever committed."""
    with psycopg.connect(server.create_database("enum_uses"), autocommit=True) as connection:
        connection.execute(SCHEMA)
        yield connection
    server.drop_database("enum_uses")


def step(*texts: str) -> list[tuple[Step, tuple[Batch, ...]]]:
    """A plan of files."""
    plan = []
    for number, text in enumerate(texts):
        id_ = f"{number:04}_step"
        migration = Migration.of(id_, Script(f"{id_}.sql", text.encode()), None)
        of_file = Step(migration, "forward")
        plan.append((of_file, batches(of_file.script, transactional=of_file.transactional)))
    return plan


def told(connection: psycopg.Connection, *texts: str) -> MigrationFileError | None:
    try:
        refuse_new_values(connection, step(*texts))
    except MigrationFileError as error:
        return error
    return None


def refused(connection: psycopg.Connection, text: str) -> str | None:
    """What the server says to it."""
    try:
        with connection.transaction(force_rollback=True):
            connection.execute(text.encode())
    except psycopg.Error as error:
        return error.sqlstate
    return None


@pytest.mark.parametrize("statement", TOLD)
def test_what_cannot_work_is_told_at_its_place(
    connection: psycopg.Connection, statement: str
) -> None:
    assert refused(connection, ADD + statement) == "55P04"
    error = told(connection, ADD + statement)
    assert error
    assert error.code == "new-enum-value"
    assert error.where
    assert (error.where.path, error.where.line) == ("0000_step.sql", 2)
    label = "'y'" if "'y'::e" in statement else "'x'"
    start = error.where.column - 1
    assert error.where.text[start : start + error.where.length] == label
    assert error.notes == ("it is added at 0000_step.sql:1:1",)


@pytest.mark.parametrize("statement", OPEN)
def test_what_the_text_does_not_tell_is_left_to_the_server(
    connection: psycopg.Connection, statement: str
) -> None:
    assert refused(connection, ADD + statement) == "55P04"
    assert told(connection, ADD + statement) is None


@pytest.mark.parametrize("statement", FINE)
def test_what_works_is_not_refused(connection: psycopg.Connection, statement: str) -> None:
    assert refused(connection, ADD + statement) is None
    assert told(connection, ADD + statement) is None


def test_a_type_of_the_same_transaction_is_the_servers_business(
    connection: psycopg.Connection, pg_version: int
) -> None:
    text = "CREATE TYPE n AS ENUM ('a');\nALTER TYPE n ADD VALUE 'x';\nSELECT 'x'::n"
    assert refused(connection, text) == (None if pg_version >= 17 else "55P04")
    assert told(connection, text) is None


def test_two_files_are_no_matter(connection: psycopg.Connection) -> None:
    assert told(connection, ADD, "INSERT INTO t (s) VALUES ('x')") is None
    assert told(connection, f"-- s\n-- transactional: false\n{ADD}SELECT 'x'::e") is None


def test_tables_of_earlier_files_are_known(connection: psycopg.Connection) -> None:
    made = "CREATE TYPE later AS ENUM ('a');\nCREATE TABLE coming (kind later);"
    use = "ALTER TYPE later ADD VALUE {} 'x';\nINSERT INTO coming VALUES ('x')"
    for maybe in ("", "IF NOT EXISTS"):
        error = told(connection, made, use.format(maybe))
        assert error
        assert str(error.where) == "0001_step.sql:2:28"


@pytest.mark.parametrize(
    ("before", "label", "is_told"),
    [
        ("", "x", True),
        ("", "b", False),  # is there already, so that nothing is added
        ("DO $$ BEGIN ALTER TYPE e RENAME VALUE 'b' TO 'x'; END $$;\n", "x", False),
    ],
)
def test_if_not_exists_is_told_where_it_adds(
    connection: psycopg.Connection, before: str, label: str, *, is_told: bool
) -> None:
    text = f"{before}ALTER TYPE e ADD VALUE IF NOT EXISTS '{label}';\nSELECT '{label}'::e"
    assert (refused(connection, text) == "55P04") is is_told
    assert (told(connection, text) is not None) is is_told


def test_an_enum_of_another_schema_is_another_one(connection: psycopg.Connection) -> None:
    with connection.transaction(force_rollback=True):
        connection.execute(
            "CREATE SCHEMA o; CREATE TYPE o.e AS ENUM ('x'); CREATE TABLE others (s o.e)"
        )
        text = f"{ADD}INSERT INTO others VALUES ('x'); SELECT 'x'::o.e"
        assert refused(connection, text) is None
        assert told(connection, text) is None
        other = "ALTER TYPE o.e ADD VALUE 'z'; INSERT INTO others VALUES ('z')"
        assert refused(connection, other) == "55P04"
        assert told(connection, other)


def test_without_a_database_casts_are_told() -> None:
    with pytest.raises(MigrationFileError):
        refuse_early_use(step(f"{ADD}SELECT 'x'::e"), Columns(), {})


@pytest.mark.parametrize(
    ("neighbour", "after", "labels", "beside", "right"),
    [
        (None, False, "a b x", "", True),
        (None, False, "a x b", "", False),
        (None, False, "a x b", "b", True),
        ("b", False, "a x b", "", True),
        ("b", False, "x a b", "", False),
        ("b", False, "a b x", "", False),
        ("b", False, "x y b", "y", True),
        ("a", True, "a x b", "", True),
        ("a", True, "x a b", "", False),
        ("a", True, "a b x", "", False),
        ("a", True, "a y x b", "y", True),
        ("b", False, "a b", "", False),
    ],
)
def test_a_place_is_as_it_was_asked_for(
    neighbour: str | None, labels: str, beside: str, *, after: bool, right: bool
) -> None:
    added = Addition(Name(None, "e"), "x", neighbour, after=after, if_not_exists=True)
    wrong = misplaced(added, labels.split(), beside=beside.split())
    assert (wrong is None) is right
    if wrong:
        assert wrong.endswith(f"its order is: {', '.join(labels.split())}")


CORPUS = (Path(__file__).parent / "locks" / "statements.sql").read_text(encoding="utf-8")
RARE = [
    "DROP CAST (e AS text)",
    "DROP OPERATOR CLASS c USING btree",
    "DROP FUNCTION f(int), g",
    "UPDATE t SET (n, s) = (SELECT 1, 'x')",
    "UPDATE t SET s[1] = 'x'",
    "INSERT INTO t DEFAULT VALUES",
    "INSERT INTO t SELECT * FROM u UNION SELECT 'x'",
    "MERGE INTO t USING u ON true WHEN NOT MATCHED THEN INSERT VALUES ('x')",
    "CREATE FUNCTION f() RETURNS int LANGUAGE c AS 'library', 'symbol'",
    "CREATE PROCEDURE p(IN a e DEFAULT 'x'::e) LANGUAGE sql AS $$ SELECT broken from from $$",
    "DO LANGUAGE plperl 'x'",
    "DO $$ broken $$",
    "DO $$ BEGIN WHILE true LOOP EXIT; END LOOP; <<l>> BEGIN NULL; END; OPEN c; END $$",
    "CREATE TABLE p PARTITION OF q (a DEFAULT 'x', b NOT NULL) FOR VALUES FROM ('x') TO (1)",
    "CREATE TABLE o OF y (a WITH OPTIONS DEFAULT 'x')",
    "ALTER TYPE c ADD ATTRIBUTE a e, ALTER ATTRIBUTE b TYPE e, DROP ATTRIBUTE d",
    "ALTER TABLE ALL IN TABLESPACE a SET TABLESPACE b",
    "ALTER VIEW v RENAME COLUMN a TO b",
    "ALTER TYPE c RENAME ATTRIBUTE a TO b",
    "SELECT * FROM t WHERE (n, s) = ('x', 'y') AND t.* = 'x' AND n OPERATOR(pg_catalog.=) 'x'",
    "CREATE SCHEMA s CREATE TABLE t (s e DEFAULT 'x')",
]


def test_no_statement_is_too_strange_to_be_looked_at(connection: psycopg.Connection) -> None:
    lines = [re.sub(r"^\d+: ", "", line) for line in CORPUS.splitlines() if line[:2] != "--"]
    statements = [part for line in lines for part in line.split(";;") if part.strip()]
    for statement in [*statements, *RARE]:
        try:
            plan = step(ADD + statement)
        except MigrationFileError:
            continue  # not in a transaction, or not in a migration at all
        with suppress(MigrationFileError):
            refuse_new_values(connection, plan)
        swap_hazards(connection, plan, Small())
    assert len(statements) > 300
