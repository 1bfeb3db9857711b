"""What the rules say is what a real server does: rewritten, read from end to end, or neither."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from tests.hazard_plans import SCHEMA, asked, judged
from tests.locks.measured import Catalog, measure
from wishkit.core.hazards import Facts, Size
from wishkit.core.hazards.model import Column, TypeName
from wishkit.core.hazards.retype import keeps_rows, type_name
from wishkit.core.locks.model import Name
from wishkit.core.script import Script
from wishkit.core.statements import Span, parse
from wishkit.postgres.hazards import facts

if TYPE_CHECKING:
    from collections.abc import Iterator

Connection = psycopg.Connection[Any]

TYPES = """varchar(10)|varchar(20)|varchar|text|char(5)|char(10)|bpchar|name|citext|plain|short
    |checked|mood|numeric|numeric(10,2)|numeric(12,2)|numeric(12,3)|numeric(8)|numeric(9)|integer
    |bigint|smallint|oid|regclass|bit(3)|bit(5)|varbit(3)|varbit(5)|varbit|date|timestamp
    |timestamp(3)|timestamp(6)|timestamptz|timestamptz(3)|time|time(3)|time(6)|timetz|interval
    |interval(3)|interval day to second|inet|cidr|json|jsonb|xml|varchar(10)[]|varchar(20)[]
    |varchar[]|text[]|integer[]|bytea|double precision|real"""

MAKE_TYPES = """CREATE EXTENSION citext;
CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE DOMAIN plain AS text;
CREATE DOMAIN short AS varchar(15);
CREATE DOMAIN checked AS text CHECK (VALUE <> '');
"""
# Whether the table's file stays; NULL where the one type cannot become the other.
KEPT = """CREATE FUNCTION kept(number bigint, type text) RETURNS bool LANGUAGE plpgsql AS $$
DECLARE
    name text := 't' || number;
    before oid := pg_relation_filenode(name::regclass);
    after oid;
BEGIN
    EXECUTE format('ALTER TABLE %1$s ALTER c TYPE %2$s USING c::%2$s', name, type);
    after := pg_relation_filenode(name::regclass);
    RAISE EXCEPTION 'back';
EXCEPTION
    WHEN raise_exception THEN RETURN before = after;
    WHEN cannot_coerce OR feature_not_supported THEN RETURN NULL;
END $$"""
# Where the server keeps the rows and we say that it does not: which parts of an interval a type
# keeps is not told apart, and neither are lengths within an array.
STRICTER = {"interval", "[]"}


@pytest.fixture
def connection(database: str) -> Iterator[Connection]:
    with psycopg.connect(database, autocommit=True) as found:
        yield found


def test_every_change_of_type_is_told_as_it_is(connection: Connection) -> None:
    """Each type to each other one, as far as there is a way: 50 times 50."""
    connection.execute(MAKE_TYPES)
    connection.execute(KEPT)
    names = [name.strip() for name in TYPES.split("|")]
    for number, name in enumerate(names):
        connection.execute(f"CREATE TABLE t{number} (c {name})".encode())
    trees = {name: tree_of(name) for name in names}
    changes = (f"ALTER TABLE t{i} ALTER c TYPE {name};" for i, name in enumerate(names))
    question = asked("\n".join(changes))
    assert set(question.types) == {type_name(tree) for tree in trees.values()}
    for zone, enough in (("UTC", 1000), ("Europe/Berlin", 50)):
        connection.execute(f"SET timezone = '{zone}'")
        known = facts(connection, question)
        rows = connection.execute(
            "SELECT o.n - 1, a.name, kept(o.n - 1, a.name)"
            " FROM unnest(%(names)s::text[]) WITH ORDINALITY AS o (name, n),"
            " unnest(%(names)s::text[]) AS a (name)"
            " WHERE %(zone)s = 'UTC' OR o.name || a.name LIKE '%%timestamp%%'",
            {"names": names, "zone": zone},
        ).fetchall()
        wrong = []
        for number, name, kept in rows:
            old = known.tables[Name(None, f"t{number}")].columns["c"]
            told = keeps_rows(old, trees[name], known, utc=known.utc)
            stricter = any(word in names[number] + name for word in STRICTER)
            if kept is not None and told != kept and not (kept and stricter):
                wrong.append(f"{names[number]} to {name}: kept {kept}, told {told}")
        assert not wrong, "\n".join(wrong)
        assert sum(kept is not None for *_, kept in rows) > enough


def tree_of(name: str) -> dict[str, Any]:
    source = f"ALTER TABLE t ALTER c TYPE {name}".encode()
    tree = parse(Script("", source), Span(0, len(source)), index=1).tree
    column = tree["AlterTableStmt"]["cmds"][0]["AlterTableCmd"]["def"]["ColumnDef"]
    found: dict[str, Any] = column["typeName"]
    return found


def test_an_unknown_type_is_taken_for_the_worst() -> None:
    tree = tree_of("nowhere.unheard")
    assert type_name(tree) == TypeName(Name("nowhere", "unheard"))
    assert not keeps_rows(Column("text", 25), tree, Facts(), utc=False)


ADD = "ALTER TABLE big ADD COLUMN z int"
BOUNDS = "FOR VALUES FROM (200) TO (400)"
NO_KEY = "ALTER TABLE big DROP CONSTRAINT big_pkey"
# A statement, and the rule it breaks on a table of a hundred rows when ten are few. Behind the
# bar, what happens first in the same plan.
STATEMENTS: list[tuple[str, str | None]] = [
    ("ALTER TABLE big ADD COLUMN z int", None),
    ("ALTER TABLE big ADD COLUMN z int NOT NULL DEFAULT 7", None),
    ("ALTER TABLE big ADD COLUMN z timestamptz DEFAULT now()", None),
    ("ALTER TABLE big ADD COLUMN z timestamptz DEFAULT CURRENT_TIMESTAMP", None),
    ("ALTER TABLE big ADD COLUMN z int DEFAULT fixed()", None),
    ("ALTER TABLE big ADD COLUMN z mood DEFAULT 'ok'", None),
    ("ALTER TABLE big ADD COLUMN z plain", None),
    ("ALTER TABLE big ADD COLUMN z int REFERENCES parent", None),
    ("ALTER TABLE big ADD COLUMN z uuid DEFAULT gen_random_uuid()", "volatile-default"),
    ("ALTER TABLE big ADD COLUMN z float DEFAULT random() * 2", "volatile-default"),
    ("ALTER TABLE big ADD COLUMN z timestamptz DEFAULT clock_timestamp()", "volatile-default"),
    ("ALTER TABLE big ADD COLUMN z int DEFAULT moving()", "volatile-default"),
    ("ALTER TABLE big ADD COLUMN z int DEFAULT s.now()", "volatile-default"),
    ("ALTER TABLE big ADD COLUMN z checked", "table-rewrite"),
    ("ALTER TABLE big ADD COLUMN z serial", "table-rewrite"),
    ("ALTER TABLE big ADD COLUMN z int GENERATED BY DEFAULT AS IDENTITY", "table-rewrite"),
    ("ALTER TABLE big ADD COLUMN z int GENERATED ALWAYS AS (a + 1) STORED", "table-rewrite"),
    ("ALTER TABLE big ADD COLUMN z int DEFAULT 1 CHECK (z > 0)", "check-validates"),
    ("ALTER TABLE big ADD COLUMN z int DEFAULT 1 REFERENCES parent", "foreign-key-validates"),
    ("ALTER TABLE big ADD COLUMN z int UNIQUE", "unique-without-index"),
    ("ALTER TABLE big ALTER a TYPE bigint", "column-type-change"),
    ("ALTER TABLE big ALTER b TYPE varchar(20)", None),
    ("ALTER TABLE big ALTER b TYPE text", None),
    ("ALTER TABLE big ALTER b TYPE text USING b::text", None),
    ("ALTER TABLE big ALTER b TYPE text USING upper(b)", "column-type-change"),
    ("ALTER TABLE big ALTER b TYPE varchar(5)", "column-type-change"),
    ("ALTER TABLE big ALTER c TYPE varchar(20)", "column-type-change"),
    ("ALTER TABLE big ALTER d TYPE timestamptz", "column-type-change"),
    ("ALTER TABLE big ALTER h TYPE numeric(12, 2)", None),
    ("ALTER TABLE big ALTER h TYPE numeric(12, 3)", "column-type-change"),
    ("ALTER TABLE big ALTER j TYPE char(5)", "column-type-change"),
    ("ALTER TABLE big ALTER b SET NOT NULL", "set-not-null"),
    ("ALTER TABLE big ALTER e SET NOT NULL", None),
    ("ALTER TABLE big ALTER f SET NOT NULL", None),
    ("ALTER TABLE big ALTER g SET NOT NULL", "set-not-null"),
    ("ALTER TABLE big ALTER g SET NOT NULL | ALTER TABLE big VALIDATE CONSTRAINT g_given", None),
    ("ALTER TABLE big ALTER f SET NOT NULL | ALTER TABLE big DROP CONSTRAINT f_given",
     "set-not-null"),
    ("ALTER TABLE big ADD FOREIGN KEY (e) REFERENCES parent", "foreign-key-validates"),
    ("ALTER TABLE big ADD FOREIGN KEY (e) REFERENCES parent NOT VALID", None),
    ("ALTER TABLE big ADD CHECK (a > 0)", "check-validates"),
    ("ALTER TABLE big ADD CHECK (a > 0) NOT VALID", None),
    ("ALTER TABLE big ADD UNIQUE (a, b)", "unique-without-index"),
    ("ALTER TABLE big ADD CONSTRAINT u UNIQUE USING INDEX big_a", None),
    (f"ALTER TABLE big ADD PRIMARY KEY USING INDEX big_e | {NO_KEY}", None),
    (f"ALTER TABLE big ADD PRIMARY KEY USING INDEX big_a | {NO_KEY}", "set-not-null"),
    ("ALTER TABLE big ADD EXCLUDE (a WITH =)", "full-scan"),
    ("CREATE INDEX ON big (a)", "index-not-concurrent"),
    ("CREATE INDEX ON split (id)", "index-not-concurrent"),
    ("CREATE INDEX big_b2 ON ONLY split (id)", None),
    ("CREATE INDEX IF NOT EXISTS big_b ON big (b)", None),
    ("REINDEX TABLE big", "full-scan"),
    ("REINDEX INDEX big_b", "full-scan"),
    ("ALTER TABLE big VALIDATE CONSTRAINT g_given", None),
    ("ALTER TABLE big VALIDATE CONSTRAINT a_parent", None),
    ("ALTER TABLE big VALIDATE CONSTRAINT g_given | ALTER TABLE big ADD COLUMN z int",
     "validate-holds-locks"),
    ("ALTER TABLE big VALIDATE CONSTRAINT g_given | ALTER TABLE few ADD COLUMN z int",
     "validate-holds-locks"),
    ("ALTER TABLE big SET UNLOGGED", "table-rewrite"),
    ("ALTER TABLE big DROP COLUMN a", None),
    ("ALTER TABLE split ADD CHECK (id > 0)", "check-validates"),
    ("ALTER TABLE split ADD FOREIGN KEY (id) REFERENCES parent", "foreign-key-validates"),
    (f"ALTER TABLE split ATTACH PARTITION split_new {BOUNDS}", "full-scan"),
    (f"ALTER TABLE split ATTACH PARTITION split_proven {BOUNDS}", None),
    ('ALTER TABLE big ALTER b TYPE varchar(20) COLLATE "C"', "column-type-change"),
    ("ALTER TABLE few ALTER id TYPE bigint", None),
    ("ALTER TABLE few ADD CHECK (id > 0)", None),
]  # fmt: skip


def test_a_large_table_is_small_for_others(connection: Connection) -> None:
    connection.execute(SCHEMA)
    for statement, _ in STATEMENTS:
        last, _, before = statement.partition(" | ")
        assert not judged(connection, f"{before or 'SELECT'};\n{last};", rows=100), statement


def test_each_statement_is_told_as_it_is(connection: Connection) -> None:
    """A hazard is told of exactly what reads or rewrites the large table while others wait."""
    connection.execute(SCHEMA)
    connection.execute("SET timezone = 'Europe/Berlin'")
    catalog = Catalog(connection)
    large = {
        oid for oid, (_, name, _) in catalog.relations.items() if name.startswith(("big", "split"))
    }
    wrong = []
    for line, rule in STATEMENTS:
        last, _, before = line.partition(" | ")
        found = [it.rule for it in judged(connection, f"{before or 'SELECT'};\n{last};")]
        if found != [rule] * bool(rule):
            wrong.append(f"{line}: told {found}, expected {rule}")
        with connection.transaction(force_rollback=True):
            for sql in filter(None, [before]):
                connection.execute(sql.encode())
            real = measure(catalog, last)
        weak = last.partition(" VALIDATE ")[1] and not before
        works = bool((real.rewritten | real.scanned) & large) and not weak
        if works is not bool(rule):
            wrong.append(f"{line}: {rule}, but work on it: {works}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    ("sql", "rules"),
    [
        # What the plan makes cannot be large, not even under the name of what it drops.
        ("CREATE TABLE new (id int); INSERT INTO new SELECT 1; CREATE INDEX ON new (id);", []),
        ("DROP TABLE big; CREATE TABLE big (id int); CREATE INDEX ON big (id);", []),
        ("DROP SCHEMA public CASCADE; CREATE SCHEMA public; CREATE INDEX ON big (id);", []),
        ("CREATE TYPE hue AS ENUM ('red'); ALTER TABLE big ADD COLUMN z hue;", []),
        ("CREATE DOMAIN hue AS text CHECK (VALUE <> ''); ALTER TABLE big ADD COLUMN z hue;",
         ["table-rewrite"]),
        # A name is followed.
        ("ALTER TABLE big RENAME TO huge; CREATE INDEX ON huge (a);", ["index-not-concurrent"]),
        ("ALTER TABLE big RENAME TO huge; ALTER TABLE few RENAME TO big; CREATE INDEX ON big (id);",
         []),
        ("ALTER TABLE big SET SCHEMA s; CREATE INDEX ON s.big (a);", ["index-not-concurrent"]),
        ("SET search_path = s, public; CREATE INDEX ON big (a);", ["index-not-concurrent"]),
        ("SET search_path = s; CREATE INDEX ON big (a);", []),
        ("CREATE INDEX ON public.big (a); CREATE INDEX ON big (a);", ["index-not-concurrent"] * 2),
        ("ALTER TABLE big RENAME COLUMN f TO ff; ALTER TABLE big ALTER ff SET NOT NULL;", []),
        # A zone that is UTC makes a timestamptz of a timestamp as it stands.
        ("SET LOCAL timezone = 'UTC'; ALTER TABLE big ALTER d TYPE timestamptz;", []),
        ("SET TIME ZONE 'Asia/Tokyo'; ALTER TABLE big ALTER d TYPE timestamptz;",
         ["column-type-change"]),
        # Locks end with their transaction; outside of one, with their statement.
        (f"-- transactional: false\n{ADD}; ALTER TABLE big VALIDATE CONSTRAINT g_given;", []),
        ("ALTER TABLE big VALIDATE CONSTRAINT g_given; ALTER TABLE big ADD COLUMN z int;", []),
        ("ALTER TABLE big ADD CONSTRAINT n CHECK (a > 0) NOT VALID, VALIDATE CONSTRAINT n;",
         ["validate-holds-locks"]),
        # One statement, several hazards, each for itself.
        ("ALTER TABLE big ADD CHECK (a > 0), ALTER b SET NOT NULL, ADD COLUMN z int;",
         ["check-validates", "set-not-null"]),
        ("-- transactional: false\nVACUUM FULL big, few;", ["table-rewrite"]),
        ("-- transactional: false\nCREATE INDEX CONCURRENTLY x ON big (a);", []),
        ("-- transactional: false\nREINDEX TABLE CONCURRENTLY big;", []),
        ("DO $$BEGIN END$$;", []),
    ],
)  # fmt: skip
def test_a_plan_is_followed(connection: Connection, sql: str, rules: list[str]) -> None:
    connection.execute(SCHEMA)
    connection.execute("SET timezone = 'Europe/Berlin'")
    assert [it.rule for it in judged(connection, sql)] == rules


def test_sizes_are_said_as_a_person_would() -> None:
    assert str(Size(950, 8192)) == "about 950 rows, 8.0 kB"
    assert str(Size(12_345, 900)) == "about 12,000 rows, 900 bytes"
    assert str(Size(999_999, 5 << 30)) == "about 1,000,000 rows, 5.0 GB"
    assert str(Size(2_140_000, 335 << 20)) == "about 2.1 M rows, 335 MB"
    assert str(Size(1_234_000_000, 3 << 40)) == "about 1,234 M rows, 3.0 TB"
