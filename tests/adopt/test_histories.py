"""A database that another tool migrated goes on under wishkit, from where it stands."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import psycopg
import pytest

from tests.plain_yoyo import Project, tables
from wishkit.commands.adoption.adopt import Wish, adopt, prepare
from wishkit.commands.check import check
from wishkit.commands.migrate import migrate
from wishkit.commands.status import status
from wishkit.commands.workspace import Workspace
from wishkit.config import Config, Target
from wishkit.core.adoption.registry import TOOLS
from wishkit.core.probes import Probe
from wishkit.core.script import Script
from wishkit.interface.render_adopt import render_done, render_plan
from wishkit.postgres.probe import run_probe

if TYPE_CHECKING:
    from tests.adopt.conftest import Case
    from tests.plugins.golden import Golden
    from tests.plugins.project import SqlFolder


# Alembic is everywhere where the tests are: see test_real_tools.
@pytest.mark.parametrize("case", [it for it in TOOLS if it != "alembic"], indirect=True)
def test_a_history_is_taken_over(
    lived: Case, golden: Golden, capsys: pytest.CaptureFixture[str]
) -> None:
    taken_over(lived, golden, capsys)


def taken_over(lived: Case, golden: Golden, capsys: pytest.CaptureFixture[str]) -> None:
    """Plan, adopt, go on; what it looks like is in tests/golden/adopt."""
    prepared = prepare(lived.workspace, lived.wish)
    plan = prepared.adoption
    assert (plan.outcome, plan.exit_status) == ("planned", 0)
    assert plan.check is not None
    assert plan.check.drifts == ()
    # Until somebody says yes, there is nothing of it.
    assert not (lived.folder / "sql" / "migrations").exists()
    assert lived.run("SELECT to_regnamespace('wishkit')") == [(None,)]

    done = adopt(lived.workspace, prepared)
    applied = [it.id for it in plan.migrations if it.applied]
    assert (done.outcome, list(done.recorded)) == ("adopted", applied)
    states = {it.id: it.state.value for it in status(lived.workspace).migrations}
    assert states == {it.id: "applied" if it.applied else "pending" for it in plan.migrations}
    # What the tool keeps for itself is known from now on, and nothing else has to be.
    assert check(lived.workspace).exit_status == 0
    assert migrate(lived.workspace).error is None
    if "pending" in states.values():
        assert lived.run("SELECT count(note) FROM wishes") == [(0,)]

    # What proved a change there proves it here.
    with psycopg.connect(lived.url, autocommit=True) as connection:
        for path in (lived.folder / "sql").glob("verify/*.sql"):
            probe = Probe(path.stem, "verify", Script(path.name, path.read_bytes()))
            assert run_probe(connection, probe).passed

    capsys.readouterr()
    render_plan(replace(plan, check=None))
    render_done(done)
    files = sorted((lived.folder / "sql").rglob("*.sql"))
    texts = [
        f"==> {it.relative_to(lived.folder)}\n{it.read_text()}"
        for it in files
        if it.parent.name != "db"
    ]
    golden("\n".join([capsys.readouterr().out, *texts]), f"adopt/{lived.tool}.txt")


@pytest.mark.parametrize("case", ["golang-migrate"], indirect=True)
def test_another_environment_takes_the_files_as_they_stand_by_now(lived: Case) -> None:
    adopt(lived.workspace, prepare(lived.workspace, lived.wish))
    # Somebody mends what was converted, and the other tool went on meanwhile.
    mended = lived.folder / "sql/migrations/0002_touch_wishes.sql"
    mended.write_text(mended.read_text() + "COMMENT ON TABLE wishes IS NULL;\n")
    lived.write("migrations/000005_more.up.sql", "CREATE TABLE more ();\n")
    lived.run("DROP SCHEMA wishkit CASCADE; DROP TABLE _yoyo_log, _yoyo_migration, yoyo_lock;"
              "DROP TABLE _yoyo_version")  # fmt: skip
    lived.run("UPDATE schema_migrations SET version = 4; ALTER TABLE wishes ADD COLUMN note text")
    prepared = prepare(lived.workspace, lived.wish)
    assert [(it.id, it.state, it.applied) for it in prepared.adoption.migrations] == [
        ("0001_create_wishes", "kept", True),
        ("0002_touch_wishes", "kept", True),
        ("0003_index_titles", "kept", True),
        ("0004_add_notes", "kept", True),
        ("0005_more", "new", False),
    ]
    assert prepared.adoption.ignore == ""  # wishkit.toml has it
    done = adopt(lived.workspace, prepared)
    assert [it.rsplit("/", 1)[-1] for it in done.written] == ["0005_more.sql"]
    assert [it.state.value for it in status(lived.workspace).migrations] == [
        *["applied"] * 4,
        "pending",
    ]
    again = adopt(lived.workspace, prepare(lived.workspace, lived.wish))
    assert (again.written, again.recorded) == ((), ())


def test_yoyos_pairs_that_are_named_like_ours_stay_where_they_are(
    sql_folder: SqlFolder, database: str
) -> None:
    project = Project(sql_folder(tables("alpha", "beta")), database)
    with project.yoyo() as (backend, migrations):
        backend.apply_migrations(migrations[:1])
    before = {it.name: it.read_bytes() for it in project.migrations.iterdir()}
    place = Workspace(Config(project.folder / "sql"), Target(database, "test"), lambda _: None)
    prepared = prepare(place, Wish("yoyo", str(project.migrations)))
    assert [(it.id, it.state, it.applied) for it in prepared.adoption.migrations] == [
        ("0001_alpha", "kept", True),
        ("0002_beta", "kept", False),
    ]
    done = adopt(place, prepared)
    assert (done.written, done.recorded) == ((), ("0001_alpha",))  # its text is known from now on
    assert {it.name: it.read_bytes() for it in project.migrations.iterdir()} == before
    assert project.states() == {"0001_alpha": "applied", "0002_beta": "pending"}
    assert project.rows("SELECT migration_id FROM wishkit.applied") == [("0001_alpha",)]
