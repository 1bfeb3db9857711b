"""What the catalog is asked: sizes without reading a table, without rights, without waiting."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from tests.hazard_plans import asked, judged, prepared
from wishkit.commands.migrate import migrate
from wishkit.commands.plan import plan
from wishkit.commands.workspace import Workspace
from wishkit.config import Config, Small, Target
from wishkit.core.hazards import Facts, Question, Size, hazards, question, take_apart
from wishkit.core.locks.model import Name
from wishkit.postgres import hazards as catalog
from wishkit.postgres.hazards import facts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.plugins.databases import MakeDatabase
    from wishkit.core.hazards.model import Table

Connection = psycopg.Connection[Any]
EXAMPLE = Path(__file__).parents[1] / "sql"


@pytest.fixture
def connection(database: str) -> Iterator[Connection]:
    with psycopg.connect(database, autocommit=True) as found:
        yield found


def table(connection: Connection, name: str, schema: str | None = None) -> Table:
    wanted = Name(schema, name)
    return facts(connection, Question((wanted,))).tables[wanted]


def rows_of(connection: Connection, name: str) -> int:
    size = table(connection, name).size
    assert size
    return size.rows


def test_nothing_is_asked_where_nothing_that_exists_is_changed(connection: Connection) -> None:
    making = "CREATE TABLE a (id int); CREATE INDEX ON a (id); INSERT INTO a VALUES (1);"
    nothing = asked(f"{making} COMMENT ON TABLE a IS 'a'; SELECT 1;")
    assert not nothing.relations
    connection.close()
    assert facts(connection, nothing) == Facts()


def test_rows_are_estimated_with_and_without_statistics(connection: Connection) -> None:
    connection.execute("CREATE TABLE t (id int, words text) WITH (autovacuum_enabled = off)")
    assert rows_of(connection, "t") == 0
    connection.execute("INSERT INTO t SELECT n, 'some words' FROM generate_series(1, 20000) AS n")
    (never,) = connection.execute("SELECT reltuples FROM pg_class WHERE relname = 't'").fetchone()  # type: ignore[misc]
    assert never == -1
    assert 5_000 < rows_of(connection, "t") < 40_000
    connection.execute("ANALYZE t")
    assert 19_000 < rows_of(connection, "t") < 21_000
    # What was added since then is seen in the pages.
    connection.execute("INSERT INTO t SELECT * FROM t")
    assert 38_000 < rows_of(connection, "t") < 42_000
    connection.execute("TRUNCATE t")
    assert rows_of(connection, "t") == 0


def test_partitions_children_and_what_is_out_of_line_count(connection: Connection) -> None:
    connection.execute("""CREATE TABLE p (id int) PARTITION BY RANGE (id);
        CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (500);
        CREATE TABLE p2 PARTITION OF p FOR VALUES FROM (500) TO (2000) PARTITION BY RANGE (id);
        CREATE TABLE p21 PARTITION OF p2 DEFAULT;
        INSERT INTO p SELECT generate_series(1, 1000);
        CREATE TABLE base (id int); CREATE TABLE child () INHERITS (base);
        INSERT INTO base VALUES (1); INSERT INTO child SELECT generate_series(1, 300);
        CREATE TABLE wide (id int, t text);
        ALTER TABLE wide ALTER t SET STORAGE EXTERNAL;
        INSERT INTO wide SELECT n, repeat('x', 100000) FROM generate_series(1, 20) AS n;
        ANALYZE""")
    assert [rows_of(connection, name) for name in ("p", "p1", "p2", "base", "child")] == [
        1000, 499, 501, 301, 300,
    ]  # fmt: skip
    base = table(connection, "base")
    assert base.own
    assert base.own.rows == 1
    wide = table(connection, "wide").size
    assert wide
    assert wide.rows == 20
    assert wide.bytes > 2_000_000
    assert [it.rule for it in judged(connection, "ALTER TABLE base ADD CHECK (id > 0);")] == [
        "check-validates"
    ]
    only = "ALTER TABLE ONLY base ADD CHECK (id > 0) NO INHERIT;"
    assert judged(connection, only) == []


def test_a_table_counts_as_small_by_rows_and_by_bytes(connection: Connection) -> None:
    connection.execute("CREATE TABLE t AS SELECT n FROM generate_series(1, 100) AS n; ANALYZE t")
    place = take_apart(prepared("ALTER TABLE t ADD CHECK (n > 0);"))
    known = facts(connection, question(place))
    size = table(connection, "t").size
    assert size == Size(100, 8192)
    for rows, room, told in ((100, 8192, 0), (99, 8192, 1), (100, 8191, 1), (99, 8191, 1)):
        found = hazards(place, known, small=Small(rows=rows, bytes=room))
        assert len(found["0002_try"]) == told


def test_a_role_without_any_right_sees_sizes_and_constraints(
    connection: Connection, database: str
) -> None:
    name = f"nobody_of_{connection.info.dbname}"
    connection.execute(
        f"""CREATE SCHEMA hidden; CREATE TABLE hidden.t (id int, CONSTRAINT c CHECK (id > 0));
        INSERT INTO hidden.t SELECT generate_series(1, 100); ANALYZE hidden.t;
        CREATE INDEX i ON hidden.t (id); REVOKE ALL ON SCHEMA public FROM PUBLIC;
        CREATE ROLE {name} LOGIN""".encode()
    )
    try:
        with psycopg.connect(database, user=name, autocommit=True) as other:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                other.execute("SELECT FROM hidden.t")
            seen = table(other, "t", "hidden")
            assert seen.size == Size(100, 8192)
            assert seen.constraints.keys() == {"c"}
            assert facts(other, Question((Name("hidden", "i"),))).indexes
            (hazard,) = judged(other, "ALTER TABLE hidden.t ADD CHECK (id > 1);")
            assert "about 100 rows" in hazard.what
    finally:
        connection.execute(f"DROP ROLE {name}".encode())


def test_a_table_that_somebody_holds_is_not_waited_for(
    connection: Connection, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalog, "LOCK_MILLISECONDS", 20)
    connection.execute("CREATE TABLE t AS SELECT n FROM generate_series(1, 100) AS n; ANALYZE t")
    connection.execute("CREATE TABLE u AS SELECT n FROM generate_series(1, 100) AS n")
    with psycopg.connect(database) as holder:
        holder.execute("LOCK TABLE t, u IN ACCESS EXCLUSIVE MODE")
        assert rows_of(connection, "t") == 100
        # Of this one nothing is known, not even that it is small.
        unknown = table(connection, "u")
        assert (unknown.size, unknown.own) == (None, None)
        (hazard,) = judged(connection, "ALTER TABLE u ADD CHECK (n > 0);")
        assert "reads all of u (of unknown size) under ACCESS EXCLUSIVE" in hazard.what
    assert rows_of(connection, "u") > 0


def test_names_are_found_as_the_session_would(connection: Connection) -> None:
    connection.execute(
        "CREATE SCHEMA s; CREATE TABLE s.t (id int); CREATE TABLE public.t (a int);"
        ' CREATE TABLE "T" (b int); CREATE TABLE s."with ""quotes""" (c int)'
    )
    assert table(connection, "t").name == ("public", "t")
    assert table(connection, "t", "s").columns.keys() == {"id"}
    assert table(connection, "T").columns.keys() == {"b"}
    assert table(connection, 'with "quotes"', "s").columns.keys() == {"c"}
    connection.execute("SET search_path = s, public")
    assert table(connection, "t").name == ("s", "t")
    strange = Question((Name(None, "nowhere"), Name("nowhere", "t")))
    assert not facts(connection, strange).tables


def test_what_only_the_takenmakes_is_small(connection: Connection) -> None:
    """Also across files, and under the name of a table in a schema that nobody looks into."""
    connection.execute("CREATE SCHEMA old; CREATE TABLE old.t AS SELECT 1 AS n")
    sql = "CREATE TABLE t (n int); INSERT INTO t SELECT generate_series(1, 99);"
    steps = [*prepared(sql), *prepared("CREATE INDEX ON t (n); ALTER TABLE t ALTER n TYPE bigint;")]
    taken = take_apart(steps)
    known = facts(connection, question(taken))
    assert not known.tables
    found = hazards(taken, known, small=Small(0, 0))
    assert not any(found.values())


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("example")
    shutil.copytree(EXAMPLE, folder / "sql")
    return folder / "sql"


FILL = """INSERT INTO sets (user_id, title) SELECT 'u', n FROM generate_series(1, 200) AS n;
INSERT INTO set_images (set_id, image_url) SELECT id, 'u' FROM sets;
INSERT INTO moc_instructions (user_id, title, type) SELECT 'u', n, 'moc'
FROM generate_series(1, 200) AS n;
"""
WISHES = """INSERT INTO wishlist_items (user_id, title, store) SELECT 'u', n, 'LEGO'
FROM generate_series(1, 200) AS n;"""


def test_the_platforms_own_migrations_hold_no_hazard(
    make_database: MakeDatabase, example: Path
) -> None:
    """All at once, and one after the other on tables that fill up in between.

    One of them tells in its own words that its locks last for its reading, and that the tables are
    young: on larger ones it is what the plan tells too.
    """
    url = make_database()
    ids = [path.stem for path in sorted(example.glob("migrations/*.sql")) if "." not in path.stem]

    def place(small: Small) -> Workspace:
        return Workspace(Config(sql=example), Target(url=url, name="test", small=small), print)

    strict = place(Small(rows=10, bytes=0))
    assert [it for m in plan(strict).migrations for it in m.hazards] == []
    told: dict[str, list[str]] = {}
    for id_ in ids:
        found = [it for m in plan(strict, to=id_).migrations for it in m.hazards]
        told |= {id_[:4]: [it.rule for it in found]} if found else {}
        assert migrate(place(Small()), to=id_).error is None  # nothing is refused
        if id_[:4] in {"0005", "0007"}:
            with psycopg.connect(url, autocommit=True) as connection:
                connection.execute(FILL if id_.startswith("0005") else WISHES)
                connection.execute("ANALYZE")
    assert told == {"0006": ["validate-holds-locks"]}
