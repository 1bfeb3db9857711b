"""verify, smoke and seed on the command line; migrate and rollback that ask as they go."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from wishkit.commands.migrate import migrate
from wishkit.commands.probes import Verification, smoke, verify
from wishkit.commands.rollback import rollback
from wishkit.commands.workspace import Workspace
from wishkit.config import Config, Target, load, resolve_target
from wishkit.errors import ConnectError, MigrationFileError, PromiseBroken, UsageError
from wishkit.interface.cli import run
from wishkit.postgres.connection import identify

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Line = Callable[..., tuple[int, str, str]]
    from pathlib import Path

    from tests.plugins.golden import Golden
    from tests.plugins.project import SqlFolder
    from wishkit.postgres.connection import Server

FILES = {
    "migrations/0001_create_wishes.sql": "-- wishes\nCREATE TABLE wishes (id int PRIMARY KEY);\n",
    "migrations/0001_create_wishes.rollback.sql": "DROP TABLE wishes;\n",
    "migrations/0002_add_stars.sql": "-- stars\nALTER TABLE wishes ADD stars int;\n",
    "migrations/0002_add_stars.rollback.sql": "ALTER TABLE wishes DROP stars;\n",
    "migrations/0003_add_notes.sql": "-- notes\nALTER TABLE wishes ADD notes text;\n",
    "migrations/0003_add_notes.rollback.sql": "ALTER TABLE wishes DROP notes;\n",
    "verify/0001_create_wishes.sql": "-- there are wishes\nINSERT INTO wishes VALUES (1);\n",
    "verify/0001_create_wishes.rollback.sql": (
        "DO $$ BEGIN ASSERT to_regclass('wishes') IS NULL, 'wishes are still there'; END $$;\n"
    ),
    "verify/0002_add_stars.sql": (
        "-- six stars are too many\n\n"
        "DO $$\n"
        "BEGIN\n"
        "    INSERT INTO wishes (id, stars) VALUES (1, 6);\n"
        "    RAISE EXCEPTION 'six stars were accepted' USING HINT = 'five are enough';\n"
        "EXCEPTION WHEN check_violation THEN NULL;\n"
        "END\n"
        "$$;\n"
    ),
}


@pytest.fixture
def project(sql_folder: SqlFolder) -> Path:
    folder = sql_folder({})
    write(folder, FILES)
    return folder


def write(folder: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        path = folder / "sql" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


@pytest.fixture
def line(
    database: str,
    project: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Line:
    """Runs a command line on the database; its exit status and both outputs."""
    monkeypatch.chdir(project)

    def run_line(*words: str) -> tuple[int, str, str]:
        capsys.readouterr()
        status = run([*words, "--url", database])
        return status, *capsys.readouterr()

    return run_line


def workspace(url: str, project: Path, *, always: bool = False) -> Workspace:
    target = Target(url, "test", verify=always)
    return Workspace(Config(sql=project / "sql"), target, lambda _: None)


def answers(found: Verification) -> dict[str, bool]:
    return {verdict.id[:4]: verdict.passed for verdict in found.verdicts}


def wishes(url: str) -> list[tuple[int, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute("SELECT * FROM wishes").fetchall()


# verify


def test_only_what_is_applied_is_asked(database: str, project: Path) -> None:
    here = workspace(database, project)
    assert verify(here) == Verification(verify(here).database, None, ())
    migrate(here, to="0001")
    found = verify(here)
    assert (answers(found), found.without, found.exit_status) == ({"0001": True}, (), 0)
    migrate(here)
    found = verify(here)
    assert answers(found) == {"0001": True, "0002": False}
    assert (found.without, found.exit_status) == (("0003_add_notes",), 1)
    assert wishes(database) == []
    only = verify(here, ["1"])
    assert (answers(only), only.without, only.exit_status) == ({"0001": True}, (), 0)


def test_what_cannot_be_asked_for_is_told(database: str, project: Path) -> None:
    here = workspace(database, project)
    migrate(here, to="0001")
    for reference, code in (("0002", "not-applied"), ("7", "unknown-migration")):
        with pytest.raises(UsageError) as caught:
            verify(here, [reference])
        assert caught.value.code == code
    migrate(here)
    with pytest.raises(UsageError) as caught:
        verify(here, ["0003"])
    assert caught.value.code == "no-verify-file"
    assert "sql/verify/0003_add_notes.sql" in (caught.value.help or "")
    write(project, {"verify/0009_add_notes.sql": "SELECT 1;"})
    with pytest.raises(MigrationFileError, match="no migration 0009"):
        verify(here)


def test_what_could_not_be_asked_is_another_answer(database: str, project: Path) -> None:
    here = workspace(database, project)
    migrate(here, to="0001")
    write(project, {"verify/0001_create_wishes.sql": "SELECT 1 +;"})
    found = verify(here)
    assert found.exit_status == 2
    assert [verdict.broken for verdict in found.verdicts] == [False]


def test_a_pooler_of_transactions_is_refused(
    database: str, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def pooled(connection: psycopg.Connection[Any]) -> Server:
        return replace(identify(connection), pooled=True)

    monkeypatch.setattr("wishkit.postgres.connection.identify", pooled)
    for ask in (verify, smoke):
        with pytest.raises(ConnectError) as caught:
            ask(workspace(database, project))
        assert caught.value.code == "pooler"


def test_the_screen_of_a_broken_promise(
    database: str, project: Path, line: Line, golden: Golden
) -> None:
    migrate(workspace(database, project))
    status, out, err = line("verify")
    assert status == 1
    table = re.sub(r" +\d+ ms", "  (time)", re.sub(r" +time", "  (time)", out))
    golden(f"{table}\n{err[err.index('error[') :]}", "probes/verify-broken.txt")
    value = json.loads(line("verify", "--json")[1])
    assert [it["passed"] for it in value["verdicts"]] == [True, False]
    assert value["verdicts"][1]["error"]["code"] == "promise-broken"
    assert value["without"] == ["0003_add_notes"]


# migrate --verify, rollback --verify


def test_a_broken_promise_stops_the_run(
    database: str, project: Path, line: Line, golden: Golden
) -> None:
    status, out, err = line("migrate", "--verify")
    assert status == 1
    assert "verified: 1 of 2 hold, 1 is broken" in out
    golden(err[err.index("error[") :], "probes/migrate-verify.txt")
    found = verify(workspace(database, project))
    assert found.position == "0002_add_stars"
    # It is as the error says: the migration stands, and the next run goes on behind it.
    report = migrate(workspace(database, project))
    assert [done.id for done in report.done] == ["0003_add_notes"]
    assert report.verdicts == ()


def test_the_environment_may_want_it_always(database: str, project: Path) -> None:
    always = workspace(database, project, always=True)
    assert migrate(always, to="0001").verdicts[0].passed
    assert migrate(always, to="0002", verify=False).error is None
    report = rollback(always, to="0001", accept_data_loss=True)
    assert (report.error, report.verdicts) == (None, ())  # it has no mirror
    report = rollback(always, to="base", accept_data_loss=True)
    assert [(it.kind, it.passed) for it in report.verdicts] == [("gone", True)]
    assert not migrate(always).verdicts[-1].passed


def test_what_remains_after_the_way_back_is_told(database: str, project: Path) -> None:
    write(project, {"migrations/0001_create_wishes.rollback.sql": "SELECT 'nothing is dropped';"})
    here = workspace(database, project)
    migrate(here, to="0001")
    report = rollback(here, to="base", verify=True, accept_data_loss=True)
    assert isinstance(report.error, PromiseBroken)
    assert report.error.message == "wishes are still there"
    state = "0001_create_wishes is rolled back, and recorded so; nothing is applied"
    assert report.error.state == state
    assert [done.id for done in report.done] == ["0001_create_wishes"]


def test_a_file_that_cannot_work_is_told_before_anything_runs(database: str, project: Path) -> None:
    write(project, {"verify/0002_add_stars.sql": "BEGIN;"})
    with pytest.raises(MigrationFileError, match="a probe does not begin"):
        migrate(workspace(database, project), verify=True)
    assert verify(workspace(database, project)).position is None


def test_a_connection_that_goes_away_while_it_is_asked(database: str, project: Path) -> None:
    """The migration before it stands; that is found out, and the run stops."""
    end = "SELECT pg_catalog.pg_terminate_backend(pg_catalog.pg_backend_pid());"
    write(project, {"verify/0001_create_wishes.sql": end})
    report = migrate(workspace(database, project), verify=True)
    assert report.error
    assert report.error.code == "connection-lost"
    assert report.error.exit_status == 1
    assert "0001_create_wishes is applied and recorded" in (report.error.state or "")
    assert report.position == "0001_create_wishes"
    assert report.pending == 2


def test_wishkit_toml_says_so(project: Path) -> None:
    (project / "wishkit.toml").write_text(
        '[environments.production]\nurl = "embedded"\nverify = true\nseeds = true\n',
        encoding="utf-8",
    )
    target = resolve_target(load(project, environ={}), env="production", environ={})
    assert (target.verify, target.seeds) == (True, True)


# smoke, seed


def test_smoke_on_the_command_line(project: Path, line: Line) -> None:
    scale = "current_setting('wishkit.scale')::int = 5"
    write(project, {"smoke/five.sql": f"-- five\nDO $$ BEGIN ASSERT {scale}; END $$;"})
    write(project, {"smoke/none.sql": "DO $$ BEGIN RAISE NOTICE 'hear'; END $$;"})
    status, out, _ = line("smoke", "--scale", "5")
    assert status == 0
    assert "none: hear" in out
    assert out.endswith("2 of 2 hold, tried with 5 rows\n")
    status, _, err = line("smoke", "five")
    assert (status, "error[promise-broken]" in err) == (1, True)
    value = json.loads(line("smoke", "--json")[1])
    assert (value["scale"], [it["passed"] for it in value["verdicts"]]) == (1000, [False, True])
    status, _, err = line("smoke", "fife")
    assert (status, 'perhaps you meant "five"' in err) == (2, True)
    assert line("smoke", "--scale", "0")[0] == 2


def test_a_project_without_any_of_it(line: Line) -> None:
    assert line("smoke")[:2] == (0, "nothing to try: there are no files in sql/smoke\n")
    assert line("verify")[:2] == (0, "nothing to verify: no migration is applied\n")
    assert line("seed", "development")[0] == 2


def test_seed_on_the_command_line(database: str, project: Path, line: Line) -> None:
    migrate(workspace(database, project), to="0002")
    insert = "INSERT INTO wishes VALUES (1, 2), (2, 3)"
    write(project, {"seeds/development/1.sql": f"{insert} ON CONFLICT DO NOTHING;"})
    write(project, {"seeds/common/1.sql": "SELECT 'what every environment has';"})
    status, out, _ = line("seed", "development")
    assert status == 0
    assert "note: not everything is applied here: 1 pending" in out
    assert "public.wishes: 2 inserted" in out
    assert "2 files of development" in out
    assert line("seed", "development")[1].endswith("nothing to do: every row is there\n")
    write(project, {"seeds/development/1.sql": f"{insert};"})
    status, out, _ = line("seed", "development", "--json")
    assert (status, json.loads(out)["error"]["code"]) == (3, "seed-failed")
