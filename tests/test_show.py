"""show: one migration as its files have it, as it was applied, and what was done with it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from wishkit.commands.mark import mark
from wishkit.commands.migrate import migrate
from wishkit.commands.rollback import rollback
from wishkit.commands.show import show, text
from wishkit.commands.workspace import Workspace
from wishkit.config import Config, Target
from wishkit.core.state import State
from wishkit.errors import UsageError

if TYPE_CHECKING:
    from tests.plugins.project import RunWishkit, SqlFolder

FORWARD = "-- cats\n-- phase: expand\nCREATE TABLE cat (); -- 猫\n"
BACKWARD = "-- no cats\nDROP TABLE cat;\n"
PAIR: dict[str, str | bytes | None] = {
    "0001_cats.sql": FORWARD,
    "0001_cats.rollback.sql": BACKWARD,
}


@pytest.fixture
def place(database: str, sql_folder: SqlFolder) -> Workspace:
    folder = sql_folder(PAIR)
    return Workspace(Config(sql=folder / "sql"), Target(database, "test"), lambda _: None)


def test_pending(place: Workspace) -> None:
    shown = show(place, "1")
    assert (shown.id, shown.state) == ("0001_cats", State.PENDING)
    assert (shown.header.summary, shown.header.phase) == ("cats", "expand")
    assert (shown.forward.file, shown.forward.applied) == (FORWARD, None)
    assert (shown.checksum is None, shown.applied_checksum, shown.history) == (False, None, ())


def test_applied_and_changed(place: Workspace, sql_folder: SqlFolder) -> None:
    migrate(place)
    shown = show(place, "0001")
    assert (shown.state, shown.checksum) == (State.APPLIED, shown.applied_checksum)
    assert (shown.forward.difference, shown.backward.difference) == ("", "")
    assert shown.applied_by
    sql_folder({"0001_cats.sql": FORWARD.replace("cat ()", "cat (id int)")})
    shown = show(place, "0001")
    assert shown.state is State.CHANGED
    assert shown.checksum != shown.applied_checksum
    assert shown.forward.applied == FORWARD
    assert "-CREATE TABLE cat (); -- 猫\n+CREATE TABLE cat (id int);" in shown.forward.difference
    assert shown.backward.difference == ""
    assert text(place, "0001", "forward") == FORWARD.encode()


def test_a_file_that_is_gone(place: Workspace, sql_folder: SqlFolder) -> None:
    migrate(place)
    sql_folder(dict.fromkeys(PAIR))
    shown = show(place, "0001")
    assert (shown.state, shown.forward.path, shown.header.summary) == (State.MISSING, None, "cats")
    assert (shown.forward.applied, shown.backward.applied) == (FORWARD, BACKWARD)
    assert text(place, "0001", "backward") == BACKWARD.encode()


def test_a_backward_file_that_came_later(place: Workspace, sql_folder: SqlFolder) -> None:
    sql_folder({"0002_dogs.sql": "-- dogs\n-- irreversible: they stay\nSELECT 1;"})
    migrate(place)
    sql_folder({"0002_dogs.rollback.sql": "SELECT 2;"})
    shown = show(place, "0002")
    assert shown.backward.applied is None
    assert shown.backward.difference.startswith("--- /dev/null\n+++ now: ")
    with pytest.raises(UsageError) as caught:
        text(place, "0002", "backward")
    assert (caught.value.code, caught.value.help) == ("no-text", "they stay")


def test_history_with_failures_and_reasons(place: Workspace, sql_folder: SqlFolder) -> None:
    sql_folder({"0001_cats.sql": "SELECT 1 / 0;"})
    migrate(place)
    sql_folder({"0001_cats.sql": FORWARD})
    migrate(place)
    rollback(place, steps=1)
    mark(place, ["0001"], reason="by hand")
    told = [(e.direction, e.outcome, e.reason) for e in show(place, "0001").history]
    assert told == [
        ("forward", "failed", None),
        ("forward", "done", None),
        ("backward", "done", None),
        ("mark", "done", "by hand"),
    ]


def test_a_file_that_cannot_work_is_shown_all_the_same(
    place: Workspace, sql_folder: SqlFolder
) -> None:
    latin = b"-- cats\n-- fase: expand\nSELECT '\xe9';\r\n"
    sql_folder({"0001_cats.sql": latin})
    shown = show(place, "0001")
    assert "unknown directive" in shown.notes[0]
    assert shown.forward.file == "-- cats\n-- fase: expand\nSELECT '\ufffd';\n"
    assert text(place, "0001", "forward") == latin.replace(b"\r", b"")


def test_the_command_line(place: Workspace, sql_folder: SqlFolder, run_wishkit: RunWishkit) -> None:
    url = place.target.url
    assert url
    folder = place.config.sql.parent
    migrate(place)
    piped = run_wishkit(
        "show", "0001", "--sql", "forward", "--url", url, cwd=folder, env={"LC_ALL": "C"}
    )
    assert (piped.status, piped.stdout) == (0, FORWARD)
    sql_folder({"0001_cats.sql": FORWARD.replace("cat ()", "cat (id int)")})
    shown = run_wishkit("show", "0001", "--url", url, cwd=folder)
    assert shown.status == 0, shown.stderr
    for expected in (
        "state:         changed\n  applied:       2",
        "forward done by",
        "\n+CREATE TABLE cat (",
    ):
        assert expected in shown.stdout
    as_json = json.loads(run_wishkit("show", "0001", "--json", "--url", url, cwd=folder).stdout)
    assert (as_json["state"], as_json["forward"]["applied"]) == ("changed", FORWARD)
    wrong = run_wishkit("show", "0001", "--sql", "sideways", "--url", url, cwd=folder)
    assert (wrong.status, wrong.stdout) == (2, "")
    assert "error[usage]" in wrong.stderr
