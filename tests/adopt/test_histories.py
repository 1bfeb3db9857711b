"""A database that another tool migrated goes on under wishkit, from where it stands."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from wishkit.commands.adoption.adopt import adopt, prepare
from wishkit.commands.check import check
from wishkit.commands.migrate import migrate
from wishkit.commands.status import status
from wishkit.core.adoption.registry import TOOLS
from wishkit.interface.render_adopt import render_done, render_plan

if TYPE_CHECKING:
    from tests.adopt.conftest import Case
    from tests.plugins.golden import Golden


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
