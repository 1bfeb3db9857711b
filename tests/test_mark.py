"""mark and unmark: the ledger is told by hand what is applied; no SQL of a migration is run."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from wishkit.commands.mark import mark, unmark
from wishkit.commands.migrate import migrate
from wishkit.commands.rollback import rollback
from wishkit.commands.status import status
from wishkit.commands.workspace import Workspace
from wishkit.config import Config, Target
from wishkit.errors import ConsentNeeded, LockHeld, MigrationFileError, UsageError
from wishkit.postgres.lock import KEY

if TYPE_CHECKING:
    from tests.plugins.project import RunWishkit, SqlFolder

PAIRS: dict[str, str | bytes | None] = {
    "0001_a.sql": "CREATE TABLE a ();",
    "0001_a.rollback.sql": "DROP TABLE a;",
    "0002_b.sql": "CREATE TABLE b ();",
    "0002_b.rollback.sql": "DROP TABLE b;",
}


@pytest.fixture
def place(database: str, sql_folder: SqlFolder) -> Workspace:
    folder = sql_folder(PAIRS)
    target = Target(url=database, name="test", lock_wait=0.0)
    return Workspace(Config(sql=folder / "sql"), target, lambda _: None)


def ask(place: Workspace, sql: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(place.target.url or "", autocommit=True) as connection:
        cursor = connection.execute(sql.encode())
        return cursor.fetchall() if cursor.description else []


def states(place: Workspace) -> list[str]:
    return [row.state.value for row in status(place).migrations]


def test_mark_makes_the_ledger_and_runs_nothing(place: Workspace) -> None:
    done = mark(place, ["2", "0001_a"], reason="made by hand")
    assert [(c.id, c.what) for c in done.changes] == [("0001_a", "marked"), ("0002_b", "marked")]
    assert done.position == "0002_b"
    assert states(place) == ["applied", "applied"]
    assert ask(place, "SELECT to_regclass('a')") == [(None,)]
    assert ask(place, "SELECT verb, reason, outcome FROM wishkit.run") == [
        ("mark", "made by hand", "done")
    ]
    assert ask(place, "SELECT operation, comment FROM _yoyo_log") == [("mark", "made by hand")] * 2
    # A rollback has the text as marked, even when the file is gone.
    ask(place, "CREATE TABLE b ()")
    assert rollback(place, steps=1).error is None
    assert states(place) == ["applied", "pending"]


def test_mark_what_is_applied_and_unchanged_writes_nothing(place: Workspace) -> None:
    migrate(place)
    done = mark(place, ["0001"], reason="to be sure")
    assert [(c.id, c.what) for c in done.changes] == [("0001_a", "unchanged")]
    assert ask(place, "SELECT verb FROM wishkit.run") == [("migrate",)]


def test_mark_what_was_changed_records_its_text(place: Workspace, sql_folder: SqlFolder) -> None:
    migrate(place)
    before = ask(place, "SELECT * FROM _yoyo_migration ORDER BY migration_id")
    sql_folder({"0001_a.sql": "CREATE TABLE a (); -- with a comment now"})
    assert states(place) == ["changed", "applied"]
    assert [c.what for c in mark(place, ["0001"], reason="only a comment").changes] == ["text"]
    assert states(place) == ["applied", "applied"]
    assert ask(place, "SELECT * FROM _yoyo_migration ORDER BY migration_id") == before
    assert ask(
        place,
        "SELECT forward FROM wishkit.applied JOIN wishkit.script USING (checksum)"
        " WHERE migration_id = '0001_a'",
    ) == [("CREATE TABLE a (); -- with a comment now",)]


def test_mark_what_plain_yoyo_applied_records_its_text(
    place: Workspace, sql_folder: SqlFolder
) -> None:
    migrate(place)
    ask(place, "DROP SCHEMA wishkit CASCADE")
    assert [c.what for c in mark(place, ["0001"], reason="same file").changes] == ["text"]
    sql_folder({"0001_a.sql": "CREATE TABLE a (); -- changed", "0002_b.sql": "-- changed"})
    assert states(place) == ["changed", "applied"]  # of the other one nobody knows the text


def test_unmark(place: Workspace) -> None:
    migrate(place)
    done = unmark(place, ["0001", "0002"], reason="undone by hand")
    assert [(c.id, c.what) for c in done.changes] == [
        ("0002_b", "unmarked"),
        ("0001_a", "unmarked"),
    ]
    assert done.position is None
    assert states(place) == ["pending", "pending"]
    assert ask(place, "SELECT to_regclass('a') IS NOT NULL") == [(True,)]
    log = "SELECT operation, comment FROM _yoyo_log ORDER BY created_at_utc"
    assert ask(place, log)[2:] == [("unmark", "undone by hand")] * 2
    assert ask(place, "SELECT checksum IS NULL FROM wishkit.execution") == [(False,)] * 4
    with pytest.raises(UsageError) as caught:
        unmark(place, ["0001"], reason="again")
    assert (caught.value.code, caught.value.exit_status) == ("not-applied", 2)


def test_unmark_when_the_file_is_gone(place: Workspace, sql_folder: SqlFolder) -> None:
    migrate(place)
    sql_folder({"0002_b.sql": None, "0002_b.rollback.sql": None})
    with pytest.raises(UsageError) as caught:
        mark(place, ["0002"], reason="no text")
    assert caught.value.code == "file-missing"
    unmark(place, ["0002"], reason="never mind")
    assert states(place) == ["applied"]


PARTIAL = "-- transactional: false\nCREATE TABLE b ();\nSELECT 1 / 0;"


@pytest.mark.parametrize(("verb", "state"), [("mark", "applied"), ("unmark", "pending")])
def test_a_partial_one_loses_its_journal(
    place: Workspace, sql_folder: SqlFolder, verb: str, state: str
) -> None:
    sql_folder({"0002_b.sql": PARTIAL})
    migrate(place)
    assert states(place) == ["applied", "partial"]
    (change,) = (mark if verb == "mark" else unmark)(place, ["2"], reason="finished").changes
    assert change.what == ("marked" if verb == "mark" else "cleared")
    assert change.note is not None
    assert change.note.startswith("1 of 2 statements had been applied")
    assert states(place) == ["applied", state]
    assert ask(place, "SELECT count(*) FROM wishkit.step") == [(0,)]


def test_half_rolled_back(place: Workspace, sql_folder: SqlFolder) -> None:
    sql_folder({"0002_b.rollback.sql": "-- transactional: false\nSELECT 1;\nSELECT 1 / 0;"})
    migrate(place)
    rollback(place, steps=1)
    assert states(place) == ["applied", "partial"]
    mark(place, ["0002"], reason="nothing was undone")
    assert states(place) == ["applied", "applied"]
    rollback(place, steps=1)
    done = unmark(place, ["0002"], reason="all was undone")
    assert [c.what for c in done.changes] == ["unmarked"]
    assert states(place) == ["applied", "pending"]


def test_all_or_nothing(place: Workspace, sql_folder: SqlFolder) -> None:
    sql_folder({"0002_b.sql": b"SELECT '\xe9';"})
    with pytest.raises(MigrationFileError):
        mark(place, ["0001", "0002"], reason="both")
    with pytest.raises(UsageError) as caught:
        mark(place, ["0001", "0099"], reason="both")
    assert caught.value.code == "unknown-migration"
    assert states(place) == ["pending", "pending"]
    assert ask(place, "SELECT to_regnamespace('wishkit')") == [(None,)]


def test_a_reason_is_needed_before_anything_else(place: Workspace) -> None:
    nowhere = replace(place, target=Target(url="host=/nowhere", name="test"))
    with pytest.raises(UsageError) as caught:
        mark(nowhere, ["0001"], reason=" ")
    assert caught.value.code == "reason-missing"


def test_one_run_at_a_time(place: Workspace) -> None:
    with psycopg.connect(place.target.url or "", autocommit=True) as other:
        other.execute("SELECT pg_advisory_lock(%(class)s, %(object)s)", KEY)
        with pytest.raises(LockHeld):
            mark(place, ["0001"], reason="too soon")


def test_a_protected_database_needs_consent(place: Workspace) -> None:
    protected = replace(place, target=replace(place.target, protected=True))
    with pytest.raises(ConsentNeeded):
        mark(protected, ["0001"], reason="careful")
    assert states(place) == ["pending", "pending"]
    mark(protected, ["0001"], reason="careful", yes=True)
    with pytest.raises(ConsentNeeded):
        unmark(protected, ["0001"], reason="careful")
    assert states(place) == ["applied", "pending"]


def test_the_command_line(place: Workspace, run_wishkit: RunWishkit) -> None:
    where = ("--url", place.target.url or "")
    folder = place.config.sql.parent
    with psycopg.connect(where[1], autocommit=True) as other:
        other.execute("SELECT pg_advisory_lock(%(class)s, %(object)s)", KEY)
        held = run_wishkit(
            "mark", "0001", "--reason", "x", "--lock-wait", "1ms", *where, cwd=folder
        )
    assert (held.status, held.stdout) == (2, "")
    missing = run_wishkit("mark", "0001", *where, cwd=folder)
    assert missing.status == 2
    assert "error[reason-missing]" in missing.stderr
    done = run_wishkit("mark", "0001", "2", "--reason", "by hand", *where, cwd=folder)
    assert (done.status, done.stdout.splitlines()) == (
        0,
        [
            "0001_a: recorded as applied",
            "0002_b: recorded as applied",
            "no SQL was run; by the ledger the database is at 0002_b",
        ],
    )
    again = run_wishkit("mark", "0001", "--reason", "by hand", *where, cwd=folder)
    assert again.status == 0
    assert "is applied already" in again.stdout
    back = run_wishkit("unmark", "0002", "--reason", "no", "--json", *where, cwd=folder)
    assert json.loads(back.stdout)["changes"] == [
        {"id": "0002_b", "what": "unmarked", "note": None}
    ]
