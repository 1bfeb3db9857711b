"""What is no difference is told as none: other servers, sessions, roles and ways to the same."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg import sql

from wishkit.core.schema import Change, Identity, compare
from wishkit.postgres.binaries import VARIABLE, find_binaries
from wishkit.postgres.catalog import fingerprint, read_snapshot
from wishkit.postgres.catalog.views import unqualified
from wishkit.postgres.scratch import Scratch, scratch_server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.plugins.databases import MakeDatabase
    from wishkit.core.schema import Snapshot

HERE = Path(__file__).parent
MIXED = (HERE / "mixed.sql").read_bytes()
EVERYTHING = (HERE / "objects" / "roles.sql", HERE / "objects" / "15.sql")
MIGRATIONS = sorted((HERE.parents[1] / "sql" / "migrations").glob("*.sql"))
OTHER = Path("/usr/lib/postgresql/15/bin")

# Everything of a session that changes how a server prints a definition, set to something else.
SESSION = {
    "search_path": "mixed, public",
    "DateStyle": "German, DMY",
    "IntervalStyle": "iso_8601",
    "TimeZone": "Pacific/Chatham",
    "extra_float_digits": "-15",
    "bytea_output": "escape",
    "standard_conforming_strings": "off",
    "quote_all_identifiers": "on",
    "xmlbinary": "hex",
    "client_encoding": "UTF8",
}


def snapshot(url: str, *scripts: bytes) -> Snapshot:
    """Run scripts and look at what they made."""
    with psycopg.connect(url, autocommit=True) as connection:
        for script in scripts:
            connection.execute(script)
        return read_snapshot(connection)


@pytest.fixture
def mixed(database: str) -> str:
    """A database with definitions of many kinds."""
    snapshot(database, MIXED)
    return database


@pytest.fixture(scope="module")
def other_server(server: Scratch) -> Iterator[Scratch]:
    """A server of another major version."""
    if server.binaries.major == 15 or not shutil.which("postgres", path=str(OTHER)):
        pytest.skip("there is no other server on this machine")
    with scratch_server(find_binaries({VARIABLE: str(OTHER)})) as scratch:
        yield scratch


def test_two_majors_say_the_same(
    server: Scratch, other_server: Scratch, make_database: MakeDatabase
) -> None:
    assert other_server.binaries.major != server.binaries.major
    everything = [path.read_bytes() for path in EVERYTHING]
    with psycopg.connect(make_database(), autocommit=False) as here:  # its roles are the server's
        with psycopg.connect(other_server.create_database("everything")) as there:
            for connection in (here, there):
                for script in (*everything, MIXED):
                    connection.execute(script)
            one, other = read_snapshot(here), read_snapshot(there)
            there.rollback()
        here.rollback()
    assert (one.version // 10000, other.version // 10000) == (server.binaries.major, 15)
    assert len(one.items) > 300
    assert compare(one, other) == ()


def test_two_majors_say_the_same_of_the_domain(database: str, other_server: Scratch) -> None:
    forward = [p.read_bytes() for p in MIGRATIONS if not p.name.endswith(".rollback.sql")]

    def apply(url: str) -> Snapshot:
        statements = [s.replace(b" CONCURRENTLY", b"") for s in forward]
        return snapshot(url, *statements)

    one, other = apply(database), apply(other_server.create_database("domain"))
    assert len(one.items) > 100
    assert compare(one, other) == ()
    assert dict(one.items) == dict(other.items)


def test_another_session_says_the_same(mixed: str) -> None:
    before = snapshot(mixed)
    with psycopg.connect(mixed, autocommit=True) as connection:
        for name, value in SESSION.items():
            connection.execute("SELECT set_config(%s, %s, false)", [name, value])
        assert dict(read_snapshot(connection).items) == dict(before.items)
        # … and the session is as it was.
        for name, value in SESSION.items():
            row = connection.execute("SELECT current_setting(%s)", [name]).fetchone()
            assert row == (value,)


def test_a_temporary_table_cannot_pass_for_a_catalog(mixed: str) -> None:
    before = snapshot(mixed)
    with psycopg.connect(mixed, autocommit=True) as connection:
        connection.execute("CREATE TEMP TABLE pg_class (oid oid, relname name, relkind char)")
        connection.execute("CREATE TEMP VIEW v AS SELECT 1")
        assert dict(read_snapshot(connection).items) == dict(before.items)


def test_another_role_says_the_same(mixed: str) -> None:
    snapshot(
        mixed,
        b"CREATE FOREIGN DATA WRAPPER w; CREATE SERVER s FOREIGN DATA WRAPPER w;"
        b"CREATE USER MAPPING FOR PUBLIC SERVER s OPTIONS (password 'secret');",
    )
    owner = snapshot(mixed)
    assert owner.items[Identity("user mapping", ("s", "<public>"))]["options"] == ("password",)
    with psycopg.connect(mixed) as connection:
        connection.execute("CREATE ROLE alarm_nobody")
        connection.execute("SET LOCAL ROLE alarm_nobody")
        stranger = read_snapshot(connection)
        connection.rollback()
    assert compare(owner, stranger) == ()
    assert stranger.unseen == ()


def test_a_catalog_that_a_role_may_not_read_is_named(mixed: str) -> None:
    with psycopg.connect(mixed) as connection:
        connection.execute("CREATE ROLE alarm_blind")
        connection.execute(
            "REVOKE SELECT ON pg_catalog.pg_policy, pg_catalog.pg_seclabel FROM PUBLIC"
        )
        connection.execute("SET LOCAL ROLE alarm_blind")
        seen = read_snapshot(connection)
        assert fingerprint(connection) is None
        connection.rollback()
    assert seen.unseen == ("pg_policy", "pg_seclabel")
    assert Identity("table", ("mixed", "people")) in seen.items


def test_the_order_of_columns_is_told_when_asked(make_database: MakeDatabase) -> None:
    one = snapshot(
        make_database(), b"CREATE TABLE t (a int PRIMARY KEY, b text); CREATE INDEX i ON t (b, a)"
    )
    two = snapshot(
        make_database(),
        b"CREATE TABLE t (gone int, b text, a int PRIMARY KEY); ALTER TABLE t DROP gone;"
        b"CREATE INDEX i ON t (b, a)",
    )
    assert compare(one, two) == ()
    told = compare(one, two, column_order=True)
    assert [(d.identity.name[-1], d.changes) for d in told] == [
        ("a", (Change("position", 1, 2),)),
        ("b", (Change("position", 2, 1),)),
    ]


def test_another_locale_says_the_same(server: Scratch, mixed: str) -> None:
    with psycopg.connect(server.url(), autocommit=True) as connection:
        connection.execute(
            "CREATE DATABASE alarm_locale TEMPLATE template0 LOCALE_PROVIDER libc LOCALE 'POSIX'"
        )
    try:
        assert compare(snapshot(mixed), snapshot(server.url("alarm_locale"), MIXED)) == ()
    finally:
        server.drop_database("alarm_locale")


def test_what_is_put_together_is_what_the_server_says(mixed: str) -> None:
    items = snapshot(mixed).items
    with psycopg.connect(mixed) as connection:
        connection.execute("SET search_path = ''")
        indexes = connection.execute(
            "SELECT n.nspname, c.relname, pg_get_indexdef(c.oid) FROM pg_class AS c"
            " JOIN pg_namespace AS n ON n.oid = c.relnamespace"
            " WHERE c.relkind IN ('i', 'I') AND n.nspname = 'mixed'"
        ).fetchall()
        constraints = connection.execute(
            "SELECT k.conrelid::regclass::text, k.conname, pg_get_constraintdef(k.oid)"
            " FROM pg_constraint AS k WHERE k.contype IN ('p', 'u')"
            " AND k.connamespace = 'mixed'::regnamespace"
        ).fetchall()
    said: dict[tuple[str, ...], str] = {(row[0], row[1]): row[2] for row in indexes}
    told = {i.name: a["definition"] for i, a in items.items() if i.kind == "index"}
    assert len(told) > 10
    assert told == {name: said[name] for name in told}
    keys = sorted((name, text) for _, name, text in constraints)
    assert len(keys) > 5
    assert keys == sorted(
        (i.name[-1], str(a["definition"]))
        for i, a in items.items()
        if i.kind == "constraint" and a["type"] in {"primary key", "unique"}
    )


def test_ours_and_yoyos_are_left_out(make_database: MakeDatabase) -> None:
    url = make_database()
    empty = snapshot(url)
    ours = b"".join(
        sql.SQL("CREATE TABLE {} (id text PRIMARY KEY); ")
        .format(sql.Identifier(*name.split(".")))
        .as_bytes()
        for name in ("public._yoyo_migration", "_yoyo_log", "_yoyo_version", "yoyo_lock")
    )
    schema = b"CREATE SCHEMA wishkit; CREATE TABLE wishkit.run (id serial PRIMARY KEY, v text);"
    extension = b"CREATE EXTENSION btree_gist"
    after = snapshot(url, ours, schema, b"CREATE INDEX ON yoyo_lock (id)", extension)
    assert {*after.items} - {*empty.items} == {Identity("extension", ("btree_gist",))}


def test_the_fingerprint_is_as_long_the_same_as_nothing_is_changed(mixed: str) -> None:
    with psycopg.connect(mixed, autocommit=True) as connection:
        before = fingerprint(connection)
        connection.execute("INSERT INTO mixed.people (name) VALUES ('x'); ANALYZE")
        assert fingerprint(connection) == before
        for change in (
            "ALTER TYPE mixed.mood ADD VALUE 'glad'",
            "ALTER SEQUENCE mixed.q OWNED BY NONE",
            "COMMENT ON TABLE mixed.people IS 'x'",
            "ALTER TABLE mixed.people ALTER name SET STATISTICS 7",
            "DROP INDEX mixed.in_c",
        ):
            connection.execute(change)
            after = fingerprint(connection)
            assert after != before, change
            before = after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (" SELECT t.a,\n    t.b\n   FROM s.t;", " SELECT a,\n    b\n   FROM s.t;"),
        (" SELECT x.a\n   FROM s.t x;", " SELECT a\n   FROM s.t x;"),
        (' SELECT "T".a\n   FROM s."T";', ' SELECT a\n   FROM s."T";'),
        (" SELECT 't.a' AS a\n   FROM s.t;", " SELECT 't.a' AS a\n   FROM s.t;"),
        (" SELECT t.a\n   FROM s.t,\n    s.u;", None),
        (" SELECT t.a\n   FROM (s.t\n     JOIN s.u ON (true));", None),
        (" SELECT t.a\n   FROM s.t\nUNION\n SELECT u.a\n   FROM s.u;", None),
    ],
)
def test_a_view_of_an_older_server_is_told_as_newer_ones_do(before: str, after: str | None) -> None:
    assert unqualified(before) == (after or before)
