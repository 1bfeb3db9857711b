"""The pytest plugin, used as a project would use it: by runs of pytest inside of a test."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from wishkit.commands.testing import Clones
from wishkit.interface import errors
from wishkit.postgres import connect_failure, states, workbench
from wishkit.postgres.location import administer

if TYPE_CHECKING:
    from tests.plugins.golden import Golden
    from wishkit.postgres.binaries import Binaries
    from wishkit.postgres.scratch import Scratch

# A run inside of a test forgets what it was the first to import; these must not be there twice.
PRELOADED = (errors, connect_failure, states, workbench)
SQL = Path(__file__).parents[1] / "sql"
FILES = {
    "migrations/0001_people.sql": "CREATE TABLE people (id int PRIMARY KEY, name text);",
    "migrations/0001_people.rollback.sql": "DROP TABLE people;",
    "migrations/0002_pets.sql": "CREATE TABLE pets (owner int REFERENCES people);",
    "migrations/0002_pets.rollback.sql": "DROP TABLE pets;",
    "migrations/0003_names.sql": "ALTER TABLE people ALTER name SET NOT NULL;",
    "migrations/0003_names.rollback.sql": "ALTER TABLE people ALTER name DROP NOT NULL;",
    "fixtures/0001_people.sql": "INSERT INTO people VALUES (1, 'ada');",
    "fixtures/0002_pets.sql": "INSERT INTO pets VALUES (1);",
    "seeds/demo/10_people.sql": "INSERT INTO people VALUES (7, 'grace'), (8, 'lin');",
}
# Hypothesis takes two seconds to load.
STRICT = ("-W", "error", "--strict-markers", "--strict-config", "-p", "no:hypothesispytest")
COUNT = """\
import pytest

def count(database, table="people"):
    row = database.connect().execute(f"SELECT count(*) FROM {table}").fetchone()
    return row[0]

def there(database, table):
    row = database.connect().execute("SELECT to_regclass(%s)", (table,)).fetchone()
    return row[0] is not None
"""


def write(pytester: pytest.Pytester, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = pytester.path / "sql" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


@pytest.fixture
def project(pytester: pytest.Pytester) -> pytest.Pytester:
    """A small project, in whose folder we are."""
    write(pytester, FILES)
    return pytester


def run(project: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    """Run pytest in the folder of a project; a warning is an error."""
    return project.runpytest_inprocess(*STRICT, *arguments)


def words(result: pytest.RunResult) -> str:
    """What is told about errors and failures."""
    text = result.stdout.str()
    text = text[text.index("\n", re.search("=+ (ERRORS|FAILURES) =+", text).start()) :]  # type: ignore[union-attr]
    return text[: text.index("= short test summary")].rstrip("=").lstrip("\n")


def test_a_run_that_does_not_use_it_notices_nothing(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_anything(): pass")
    program = (
        "import json, sys, pytest\n"
        f"status = pytest.main(['-q', *{STRICT}])\n"
        "print(json.dumps([int(status), sorted(sys.modules)]))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    status, modules = json.loads(done.stdout.splitlines()[-1])
    assert status == 0, done.stdout
    ours = {name for name in modules if name.startswith("wishkit")}
    assert ours == {"wishkit", "wishkit.errors", "wishkit.pytest_plugin"}
    assert not {"psycopg", "postgast", "yoyo", "rich", "tomllib"} & {*modules}


def test_each_test_has_a_database_as_its_marker_says(
    project: pytest.Pytester, server: Scratch
) -> None:
    project.makepyfile(
        COUNT
        + """
@pytest.mark.parametrize("again", [1, 2])
def test_it_is_nobody_elses(wishkit_database, again):
    assert count(wishkit_database) == 0
    wishkit_database.connect().execute("INSERT INTO people VALUES (1, 'me')")
    assert there(wishkit_database, "pets")

def test_a_connection_may_be_in_a_transaction(wishkit_database):
    connection = wishkit_database.connect(autocommit=False)
    connection.execute("INSERT INTO people VALUES (1, 'me')")
    assert count(wishkit_database) == 0
    assert connection.info.dbname == wishkit_database.name
    assert wishkit_database.url not in repr(wishkit_database)

@pytest.mark.wishkit(to="base")
def test_base(wishkit_database):
    assert not there(wishkit_database, "people")

@pytest.mark.wishkit(fixtures=True)
class TestRows:
    def test_all(self, wishkit_database):
        assert (count(wishkit_database), count(wishkit_database, "pets")) == (1, 1)

    @pytest.mark.wishkit(fixtures=["1"])
    def test_some(self, wishkit_database):
        assert (count(wishkit_database), count(wishkit_database, "pets")) == (1, 0)

    @pytest.mark.wishkit(to="0001", seeds="demo")
    def test_more(self, wishkit_database):
        assert count(wishkit_database) == 3
        assert not there(wishkit_database, "pets")

    @pytest.mark.wishkit(to="0001", fixtures=False)
    def test_none(self, wishkit_database):
        assert count(wishkit_database) == 0

    def test_before(self, wishkit_database_before):
        one, other = wishkit_database_before("2"), wishkit_database_before("2", fixtures=False)
        assert (one.migration, count(one), count(other)) == ("0002_pets", 1, 0)

def test_before(wishkit_database_before):
    database = wishkit_database_before("0003", seeds="demo")
    connection = database.connect()
    connection.execute("INSERT INTO people VALUES (3, NULL)")
    with pytest.raises(Exception, match="column \\"name\\" of relation \\"people\\" contains null"):
        database.migrate()
    connection.execute("UPDATE people SET name = '?' WHERE name IS NULL")
    database.migrate()
    with pytest.raises(Exception, match="null value in column"):
        connection.execute("INSERT INTO people VALUES (4, NULL)")
    database.rollback()
    connection.execute("INSERT INTO people VALUES (4, NULL)")

def test_a_database_without_anything(wishkit_server):
    import psycopg
    url = wishkit_server.create_database("empty")
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE people ()")
    wishkit_server.drop_database("empty")
"""
    )
    result = run(project, "--wishkit-server", server.url())
    result.assert_outcomes(passed=11)
    assert "wishkit_database" in run(project, "--fixtures", "-q").stdout.str()
    assert "@pytest.mark.wishkit(to, fix" in run(project, "--markers").stdout.str()
    with closing(administer(server.url())) as connection:
        left = connection.execute("SELECT datname FROM pg_database WHERE datname ~ 'rehearsal'")
        assert left.fetchall() == []


def test_what_is_wrong_is_told_in_our_words(
    project: pytest.Pytester, server: Scratch, golden: Golden
) -> None:
    broken = {"migrations/0004_broken.sql": "SELECT;\nALTER TABLE people ADD nam tekst;"}
    write(project, broken | {"migrations/0004_broken.rollback.sql": "SELECT;"})
    project.makepyfile(
        """
import pytest

def test_broken(wishkit_database): ...
def test_broken_again(wishkit_database): ...
def test_before_it(wishkit_database_before):
    wishkit_database_before("0004").migrate()
@pytest.mark.wishkit(to="0003")
def test_fine_up_to_there(wishkit_database): ...
@pytest.mark.wishkit(to="0002_pet")
def test_misspelt(wishkit_database): ...
def test_before_what(wishkit_database_before):
    wishkit_database_before("0002_pest")
@pytest.mark.wishkit(fixture=True)
def test_no_such_key(wishkit_database): ...
@pytest.mark.wishkit("0002")
def test_no_key(wishkit_database): ...
@pytest.mark.wishkit(to=2)
def test_a_number(wishkit_database): ...
@pytest.mark.wishkit(fixtures=["0003"])
def test_no_rows(wishkit_database): ...
@pytest.mark.wishkit(to="0001", fixtures=["0002"])
def test_rows_for_nothing(wishkit_database): ...
@pytest.mark.wishkit(to="0003", seeds="dem")
def test_no_seeds(wishkit_database): ...
@pytest.mark.wishkit(to="0001", fixtures=True, seeds="twice")
def test_seeds_that_do_not_fit(wishkit_database): ...
"""
    )
    write(project, {"seeds/twice/10_people.sql": "INSERT INTO people VALUES (1, 'ada');"})
    result = run(project, "--tb", "short", "--wishkit-server", server.url())
    result.assert_outcomes(passed=1, failed=2, errors=10)
    golden(words(result), "pytest-plugin.txt")


def test_without_server_or_files_nothing_else_is_told(
    pytester: pytest.Pytester, server: Scratch, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytester.makepyfile("def test_it(wishkit_database): ...\ndef test_two(wishkit_database): ...")

    def told(*arguments: str) -> str:
        result = run(pytester, *arguments)
        result.assert_outcomes(errors=2)
        text = words(result)
        assert ".py:" not in text
        return text

    monkeypatch.setenv("WISHKIT_PG_BIN", str(pytester.path))
    assert "error[server-not-found]" in told()
    monkeypatch.delenv("WISHKIT_PG_BIN")
    assert "error[empty-url]: --wishkit-server is empty" in told("--wishkit-server", "")
    assert "error[missing-variable]" in told("-o", "wishkit_server=env:NOWHERE")
    assert "error[socket-missing]" in told(
        "--wishkit-server", f"host={pytester.path} dbname=postgres"
    )

    monkeypatch.setenv("TEST_SERVER", server.url())
    pytester.makeini("[pytest]\nwishkit_server = env:TEST_SERVER")
    assert "error[no-folder]: no migrations: sql/migrations" in told()
    (pytester.path / "sql" / "migrations").mkdir(parents=True)
    assert "error[no-migrations]" in told()
    (pytester.path / "wishkit.toml").write_text("sqll = 'x'", encoding="utf-8")
    assert 'perhaps you meant "sql"' in told()


def test_the_configuration_says_where_everything_is(
    pytester: pytest.Pytester, server: Scratch, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, text in FILES.items():
        path = pytester.path / "db" / "more" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    tests = pytester.mkdir("checks")
    (tests / "test_it.py").write_text("def test_it(wishkit_database): ...", encoding="utf-8")
    pytester.makeini("[pytest]")
    monkeypatch.setenv("TEST_SERVER", server.url())
    toml = pytester.path / "wishkit.toml"
    toml.write_text('sql = "db/more"\n[rehearse]\nserver = "env:TEST_SERVER"\n', encoding="utf-8")
    monkeypatch.chdir(tests)
    run(pytester).assert_outcomes(passed=1)
    toml.unlink()
    named = ("-o", "wishkit_server=env:TEST_SERVER", "-o", "wishkit_sql=db/more")
    run(pytester, *named).assert_outcomes(passed=1)


def test_migrations_that_make_roles_do_not_meet(
    project: pytest.Pytester, binaries: Binaries, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WISHKIT_PG_BIN", str(binaries.bin))
    write(
        project,
        {
            "migrations/0002_pets.sql": "CREATE TABLE pets (owner int);"
            " CREATE ROLE keeper; GRANT SELECT ON pets TO keeper, somebody;",
            "migrations/0002_pets.rollback.sql": "DROP TABLE pets; DROP ROLE keeper;",
        },
    )
    project.makepyfile(
        COUNT
        + """
def test_all(wishkit_database): ...

@pytest.mark.wishkit(to="0001")
def test_earlier(wishkit_database): ...

@pytest.mark.wishkit(to="0002", seeds="demo")
def test_on_the_way(wishkit_database): ...

@pytest.mark.wishkit(fixtures=True)
def test_rows(wishkit_database):
    assert count(wishkit_database, "pets") == 1

def test_before(wishkit_database_before):
    database = wishkit_database_before("0002")
    database.migrate()
    database.rollback()
    assert not there(database, "pets")
"""
    )
    run(project).assert_outcomes(passed=5)


def test_each_worker_has_a_server(
    project: pytest.Pytester, binaries: Binaries, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WISHKIT_PG_BIN", str(binaries.bin))
    # Nothing but what is asked for: Hypothesis alone takes two seconds, in each worker.
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    project.makepyfile(
        COUNT
        + """
@pytest.mark.parametrize("again", [1, 2])
def test_it_is_nobody_elses(wishkit_database, wishkit_server, worker_id, again):
    assert count(wishkit_database) == 0
    wishkit_database.connect().execute("INSERT INTO people VALUES (1, 'me')")
    with open("servers", "a") as file:
        file.write(wishkit_server.url("postgres") + "\\n")
"""
    )
    result = project.runpytest_subprocess(
        *("-W", "error", "-p", "wishkit", "-p", "xdist", "-n", "2", "--dist", "each")
    )
    result.assert_outcomes(passed=4)
    servers = (project.path / "servers").read_text(encoding="utf-8").split()
    assert (len(servers), len({*servers})) == (4, 2)


def test_a_clone_takes_a_fraction_of_migrating_anew(server: Scratch) -> None:
    anew, cloned = [], []
    for _ in range(3):
        with closing(Clones(SQL, server)) as clones:
            begun = time.monotonic()
            with clones.clone():
                anew.append(time.monotonic() - begun)
            begun = time.monotonic()
            with clones.clone():
                cloned.append(time.monotonic() - begun)
    assert min(cloned) < min(anew) / 2
