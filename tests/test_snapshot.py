"""sql/schema.sql: the whole schema as text, which makes the same database again."""

from __future__ import annotations

import importlib
import json
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest

from wishkit.commands.migrate import migrate
from wishkit.commands.rollback import rollback
from wishkit.commands.snapshot import SchemaFile, snapshot
from wishkit.commands.workspace import Workspace
from wishkit.config import Config, Target
from wishkit.core.ddl import script, statement, statements
from wishkit.core.ddl.names import literal, quote
from wishkit.core.ddl.order import circle, knots
from wishkit.core.ddl.statements import draft
from wishkit.core.schema import Identity, Snapshot, compare
from wishkit.errors import ConfigError
from wishkit.postgres.catalog import read_snapshot
from wishkit.postgres.scratch import scratch_server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.plugins.databases import MakeDatabase
    from tests.plugins.golden import Golden
    from tests.plugins.project import RunWishkit, SqlFolder
    from wishkit.core.schema import Value
    from wishkit.postgres.binaries import Binaries
    from wishkit.postgres.scratch import Scratch

PROJECT = Path(__file__).parents[1]
OBJECTS = PROJECT / "tests" / "catalog" / "objects"
# Small schemas that are hard to put in order or into words; the first line says in which way.
CASES = (PROJECT / "tests" / "snapshot" / "cases.sql").read_text(encoding="utf-8").split("\n\n")
TITLES = [case.splitlines()[0].removeprefix("-- ").replace(" ", "_") for case in CASES]
SECRET = {"subscription", "user mapping"}  # what no SQL can make again
FILES = {
    "0001_wishes.sql": "CREATE TABLE wishes (id int PRIMARY KEY);",
    "0001_wishes.rollback.sql": "DROP TABLE wishes;",
    "0002_notes.sql": "ALTER TABLE wishes ADD notes text;",
    "0002_notes.rollback.sql": "ALTER TABLE wishes DROP notes;",
}


def workspace(url: str, sql: Path, *, embedded: bool = False) -> Workspace:
    return Workspace(Config(sql=sql), Target(url, "test", embedded=embedded), lambda _: None)


def taken(url: str) -> Snapshot:
    with psycopg.connect(url, autocommit=True) as connection:
        return read_snapshot(connection)


def made(make_database: MakeDatabase, sql: str) -> str:
    url = make_database()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql.encode())
    return url


def again(make_database: MakeDatabase, sql: str) -> str:
    """The text of a database, when it has made the same database again."""
    before = taken(made(make_database, sql))
    text = script(before).text
    after = taken(made(make_database, text))
    assert compare(before, after, column_order=True) == ()
    assert script(after).text == text
    return text


@pytest.fixture(scope="module")
def domain(server: Scratch) -> Iterator[str]:
    url = server.create_database("snapshot_domain")
    assert migrate(workspace(url, PROJECT / "sql")).error is None
    yield url
    server.drop_database("snapshot_domain")


# The file of this project


def test_the_schema_of_this_project_is_current(domain: str) -> None:
    found = snapshot(workspace(domain, PROJECT / "sql"), check=True)
    assert found.outcome == "current", found.difference


def test_psql_makes_the_same_database_of_it(domain: str, database: str, binaries: Binaries) -> None:
    psql: list[str | Path] = [
        binaries.program("psql"),
        "-X",
        "-q",
        "-v",
        "ON_ERROR_STOP=1",
        f"--dbname={database}",
    ]
    file = PROJECT / "sql" / "schema.sql"
    done = subprocess.run([*psql, "-f", file], capture_output=True, check=False, encoding="utf-8")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert compare(taken(domain), taken(database), column_order=True) == ()


# One of every kind of object


def test_one_of_every_kind_is_made_again(server: Scratch, pg_version: int) -> None:
    def load(name: str, *texts: str) -> Snapshot:
        with psycopg.connect(server.create_database(name)) as connection:
            connection.execute((OBJECTS / "roles.sql").read_bytes())
            for text in texts:
                connection.execute(text.encode())
            connection.execute("RESET ALL")
            found = read_snapshot(connection)
            connection.rollback()
        server.drop_database(name)
        return found

    files = [it for it in ("15", "17", "18") if int(it) <= pg_version]
    before = load("objects_before", *((OBJECTS / f"{it}.sql").read_text() for it in files))
    text = script(before)
    after = load("objects_after", text.text)
    left = [it for it in compare(before, after) if it.identity.kind not in SECRET]
    assert left == []
    assert {it.split()[0] for it in text.unwritten} == {"SUBSCRIPTION", "USER"}
    assert all(f"-- {it}\n" in text.text for it in text.unwritten)
    assert "secret'" not in text.text


def test_two_majors_write_the_same_text(make_database: MakeDatabase, pg_version: int) -> None:
    older = Path("/usr/lib/postgresql/15/bin")
    if pg_version == 15 or not older.exists():
        pytest.skip("there is no second major to compare with")
    from wishkit.postgres.binaries import VARIABLE, find_binaries  # noqa: PLC0415 - only here

    text = (PROJECT / "sql" / "schema.sql").read_text(encoding="utf-8")
    with scratch_server(find_binaries({VARIABLE: str(older)})) as other:
        url = other.create_database("older")
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(text.encode())
        there = script(taken(url)).text
    assert there == text == script(taken(made(make_database, text))).text


# How it reads


def test_how_it_reads(make_database: MakeDatabase, golden: Golden) -> None:
    text = again(
        make_database,
        """
        CREATE TYPE mood AS ENUM ('calm', 'eager');
        CREATE TABLE z_parent (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, "Odd" text);
        CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
        CREATE TABLE a_child (
            id serial PRIMARY KEY, parent bigint NOT NULL REFERENCES z_parent ON DELETE CASCADE,
            mood mood DEFAULT 'calm', "user" text CHECK ("user" <> ''), size int CHECK (size > 0)
        );
        CREATE INDEX a_child_mood ON a_child (mood);
        CREATE INDEX z_parent_odd ON z_parent ("Odd");
        CREATE TRIGGER a_child_touch BEFORE UPDATE ON a_child FOR EACH ROW EXECUTE FUNCTION touch();
        ALTER TABLE a_child DISABLE TRIGGER a_child_touch;
        COMMENT ON TABLE a_child IS 'It''s a child';
        COMMENT ON COLUMN a_child.mood IS E'back\\\\slash';
        GRANT SELECT ON a_child TO PUBLIC;
        CREATE VIEW calm AS SELECT id FROM a_child WHERE mood = 'calm';
        CREATE VIEW a_calmer AS SELECT id FROM calm;
        """,
    )
    golden(text, "screens/schema.sql")


def test_tables_that_need_each_other(make_database: MakeDatabase) -> None:
    text = again(
        make_database,
        """
        CREATE TABLE a (id int PRIMARY KEY, b int);
        CREATE TABLE b (id int PRIMARY KEY, c int, self int REFERENCES b);
        CREATE TABLE c (id int PRIMARY KEY, a int REFERENCES a);
        ALTER TABLE a ADD FOREIGN KEY (b) REFERENCES b;
        ALTER TABLE b ADD FOREIGN KEY (c) REFERENCES c;
        CREATE TABLE d (a int);
        ALTER TABLE d ADD FOREIGN KEY (a) REFERENCES a NOT VALID;
        """,
    )
    assert text.count("\nALTER TABLE public.d ADD CONSTRAINT d_a_fkey") == 1
    assert "-- Foreign keys between tables that need each other ---" in text
    assert "CONSTRAINT b_self_fkey FOREIGN KEY (self) REFERENCES public.b(id)\n)" in text


def test_all_circles_are_opened_in_one_go(monkeypatch: pytest.MonkeyPatch) -> None:
    """Writing everything anew for each circle would make a large schema take minutes."""
    items: dict[Identity, dict[str, Value]] = {}

    def refer(table: str, other: str) -> None:
        items[Identity("table", ("public", table))] = {"owner": "o"}
        items[Identity("constraint", ("public", table, f"to_{other}"))] = {
            "type": "foreign key",
            "definition": f"FOREIGN KEY (a) REFERENCES public.{other}(a)",
        }

    pairs = [(f"t{number}", f"t{number ^ 1}") for number in range(40)]
    circles = [*pairs, ("a", "b"), ("b", "c"), ("c", "a"), ("b", "a"), ("d", "a")]
    for table, other in circles:
        refer(table, other)
    module = importlib.import_module("wishkit.core.ddl.statements")
    passes: list[object] = []

    def counted(needs: dict[Identity, set[Identity]]) -> list[set[Identity]]:
        passes.append(needs)
        return knots(needs)

    monkeypatch.setattr(module, "knots", counted)
    apart = draft(Snapshot(180000, items)).references
    # Circles that share a table are one knot: which of them is found first must not matter.
    assert {it.name[1:] for it in apart} == {(a, f"to_{b}") for a, b in circles[:-1]}
    assert len(passes) == 2


def test_what_was_misread_is_left_out_the_same_way_each_time() -> None:
    needs = {"a": {"b"}, "b": {"c", "a"}, "c": {"a"}, "d": {"a"}, "e": {"f"}, "f": {"e"}}
    assert sorted(map(sorted, knots(needs))) == [["a", "b", "c"], ["e", "f"]]
    backwards = {it: needs[it] for it in reversed(needs)}
    assert circle(needs) == circle(backwards) != []
    assert knots({"a": {"b"}, "b": set()}) == []


@pytest.mark.parametrize("number", range(len(CASES)), ids=TITLES)
def test_it_makes_the_same_database_again(number: int, make_database: MakeDatabase) -> None:
    again(make_database, CASES[number])


def test_statements_of_single_objects(make_database: MakeDatabase) -> None:
    url = made(
        make_database,
        "CREATE TABLE t (a int CONSTRAINT positive CHECK (a > 0), b text NOT NULL DEFAULT 'x')",
    )
    found = taken(url)
    column = statement(Identity("column", ("public", "t", "b")), found)
    assert column == "ALTER TABLE public.t ADD COLUMN b text NOT NULL DEFAULT 'x'::text;"
    check = statement(Identity("constraint", ("public", "t", "positive")), found)
    assert check == "ALTER TABLE public.t ADD CONSTRAINT positive CHECK (a > 0);"
    made_first: set[Identity] = set()
    for it in statements(found):
        assert {*it.needs} <= made_first | {Identity("schema", ("public",))}
        made_first.add(it.identity)
    assert Identity("table", ("public", "t")) in made_first


def test_names_are_quoted_as_the_server_does(database: str) -> None:
    names = ["a", "a1_", "1a", "A", "a b", 'a"b', "ä", "a$", "user", "position", "name", "desc"]
    with psycopg.connect(database) as connection:
        for name in names:
            row = connection.execute(
                "SELECT quote_ident(%s), quote_literal(%s)", (name, f"'{name}\\")
            ).fetchone()
            assert row == (quote(name), literal(f"'{name}\\"))


# The command


def test_writes_then_is_current_then_stale(
    database: str, sql_folder: SqlFolder, run_wishkit: RunWishkit
) -> None:
    project = sql_folder(FILES)
    assert migrate(workspace(database, project / "sql")).error is None

    def run(*options: str) -> tuple[int, str]:
        done = run_wishkit("snapshot", "--url", database, *options, cwd=project)
        return done.status, done.stdout

    path = project / "sql" / "schema.sql"
    status, diff = run("--check")
    assert (status, path.exists()) == (1, False)
    assert "+CREATE TABLE public.wishes (" in diff
    assert run() == (0, "sql/schema.sql is written: 1 object\n")
    before = path.read_bytes()
    assert run() == (0, "sql/schema.sql is current: 1 object\n")
    assert run("--check")[0] == 0
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("ALTER TABLE wishes ALTER notes SET NOT NULL")
    status, diff = run("--check")
    assert status == 1
    assert "-    notes text," in diff
    assert "+    notes text    NOT NULL," in diff
    assert path.read_bytes() == before
    told = json.loads(run("--check", "--json")[1])
    assert (told["outcome"], told["path"], told["unwritten"]) == ("stale", "sql/schema.sql", [])


def test_the_ledger_is_not_part_of_it(database: str, sql_folder: SqlFolder) -> None:
    sql = sql_folder(FILES) / "sql"
    assert migrate(workspace(database, sql)).error is None
    found = snapshot(workspace(database, sql))
    assert isinstance(found, SchemaFile)
    text = (sql / "schema.sql").read_text()
    assert "yoyo" not in text
    assert "SCHEMA wishkit" not in text


def test_a_file_that_cannot_be_written(database: str, tmp_path: Path) -> None:
    (tmp_path / "sql" / "schema.sql").mkdir(parents=True)
    with pytest.raises(ConfigError) as caught:
        snapshot(workspace(database, tmp_path / "sql"))
    assert caught.value.code == "unreadable"


# After a run on the embedded database


@pytest.fixture
def embedded(database: str, sql_folder: SqlFolder) -> Workspace:
    """A project whose development database is a fresh one."""
    return workspace(database, sql_folder(FILES) / "sql", embedded=True)


def test_migrate_and_rollback_keep_it_current(embedded: Workspace) -> None:
    path = embedded.config.sql / "schema.sql"
    assert migrate(embedded, to="0001").notes == ()
    assert not path.exists()  # nobody asked for it so far
    path.write_text("")
    assert migrate(embedded).notes == ()
    assert "notes text" in path.read_text()
    rollback(embedded, to="0001", accept_data_loss=True, yes=True)
    assert "notes" not in path.read_text()
    assert "CREATE TABLE public.wishes" in path.read_text()
    path.write_text("mine")
    migrate(embedded, to="0001")  # nothing to do, so nothing is written
    assert path.read_text() == "mine"


def test_migrate_goes_on_when_it_cannot_be_written(embedded: Workspace) -> None:
    (embedded.config.sql / "schema.sql").mkdir()
    report = migrate(embedded)
    assert (report.error, len(report.done)) == (None, 2)
    (note,) = report.notes
    assert "schema.sql was not brought up to date: cannot read" in note


def test_only_the_development_database_writes_it(database: str, sql_folder: SqlFolder) -> None:
    sql = sql_folder(FILES) / "sql"
    (sql / "schema.sql").write_text("mine")
    assert migrate(workspace(database, sql)).error is None
    assert (sql / "schema.sql").read_text() == "mine"
