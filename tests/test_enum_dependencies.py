"""Everything that depends on an enum is listed, and a swap is refused because of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest

from wishkit.postgres.enums import dependencies

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wishkit.postgres.scratch import Scratch

SWAP = """
ALTER TYPE e RENAME TO former;
CREATE TYPE e AS ENUM ('a', 'b');
ALTER TABLE t ALTER COLUMN s TYPE e USING s::text::e;
DROP TYPE former;
"""
BASE = """
CREATE TYPE e AS ENUM ('a', 'b');
CREATE TABLE t (id int PRIMARY KEY, s e, n int);
CREATE FUNCTION mind() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
"""
COLUMN = ("column", "t.s")

# One thing more, and what it is told as.
THINGS = [
    ("CREATE INDEX ON t (s)", []),
    ("CREATE UNIQUE INDEX ON t (s, n)", []),
    ("ALTER TABLE t ADD UNIQUE (s)", []),
    ("ALTER TABLE t ALTER COLUMN s SET NOT NULL", []),
    ("CREATE INDEX ON t (n) WHERE id > 3", []),
    ("CREATE TABLE u (s e)", [("column", "u.s")]),
    ("CREATE TABLE u (s e) PARTITION BY LIST (s)", [("column", "u.s")]),
    ("CREATE TABLE u (s e[])", [("array column", "u.s")]),
    ("CREATE DOMAIN d AS e", [("domain", "public.d")]),
    (
        "CREATE DOMAIN d AS e; CREATE TABLE u (s d)",
        [("column", "u.s"), ("domain", "public.d")],
    ),
    ("CREATE TYPE r AS RANGE (subtype = e)", [("range type", "public.r")]),
    ("CREATE TYPE c AS (s e)", [("composite type", "c.s")]),
    ("ALTER TABLE t ALTER COLUMN s SET DEFAULT 'a'", [("default", "t.s")]),
    (
        "ALTER TABLE t ADD COLUMN g boolean GENERATED ALWAYS AS (s = 'a') STORED",
        [("generated column", "t.g")],
    ),
    ("CREATE INDEX i ON t (n) WHERE s = 'a'", [("index", "public.i")]),
    ("CREATE INDEX i ON t ((s = 'a'))", [("index", "public.i")]),
    ("ALTER TABLE t ADD CONSTRAINT k CHECK (s <> 'a')", [("table constraint", "k on public.t")]),
    ("CREATE VIEW v AS SELECT s FROM t", [("view", "v")]),
    ("CREATE VIEW v AS SELECT id FROM t WHERE s = 'a'", [("view", "v")]),
    ("CREATE MATERIALIZED VIEW m AS SELECT s FROM t", [("materialized view", "m")]),
    (
        "CREATE RULE q AS ON INSERT TO t WHERE NEW.s = 'a' DO INSTEAD NOTHING",
        [("rule", "q on public.t")],
    ),
    ("CREATE POLICY p ON t USING (s = 'a')", [("policy", "p on public.t")]),
    (
        "CREATE TRIGGER g BEFORE UPDATE OF s ON t EXECUTE FUNCTION mind()",
        [("trigger", "g on public.t")],
    ),
    (
        "CREATE FUNCTION f(e) RETURNS int LANGUAGE sql AS 'SELECT 1'",
        [("function", "public.f(public.e)")],
    ),
    (
        "CREATE FUNCTION f() RETURNS text LANGUAGE sql AS $$ SELECT 'a'::e::text $$",
        [("function", "public.f()")],
    ),
    (
        "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT id FROM t WHERE s = 'a'; END",
        [("function", "public.f()")],
    ),
    ("CREATE CAST (e AS text) WITH INOUT", [("cast", "(public.e AS pg_catalog.text)")]),
    (
        "ALTER TABLE t ADD UNIQUE (s); CREATE TABLE u (s e REFERENCES t (s))",
        [("column", "u.s"), ("table constraint", "u_s_fkey on public.u")],
    ),
]


@pytest.fixture(scope="module")
def connection(server: Scratch) -> Iterator[psycopg.Connection]:
    """A database in which nothing is ever committed."""
    url = server.create_database("enum_dependencies")
    with psycopg.connect(url, autocommit=True) as connection:
        yield connection
    server.drop_database("enum_dependencies")


@pytest.mark.parametrize(("thing", "told"), THINGS)
def test_whatever_depends_on_an_enum_is_listed(
    connection: psycopg.Connection, thing: str, told: list[tuple[str, str]]
) -> None:
    with connection.transaction(force_rollback=True):
        connection.execute((BASE + thing).encode())
        found = [(it.kind, it.name) for it in dependencies(connection, "e")]
        assert found == sorted([COLUMN, *told])
        # Nothing is missing: where the list is empty but for the column, the swap goes through.
        try:
            connection.execute(SWAP.encode())
        except psycopg.Error:
            assert told
        else:
            assert not told or thing.endswith("::e::text $$")  # fails only when it is called
