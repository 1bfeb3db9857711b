"""Files on one side, the ledger on the other: the state of every migration."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from wishkit.core.migration import Migration
from wishkit.core.script import Script
from wishkit.core.state import Ledger, Partial, Record, State, compare

WHEN = datetime(2024, 5, 17, 12, 0, tzinfo=UTC)


def migration(id_: str, text: str = "SELECT 1;") -> Migration:
    back = Script(f"{id_}.rollback.sql", b"SELECT 2;")
    return Migration.of(id_, Script(f"{id_}.sql", text.encode()), back)


def record(of: Migration) -> Record:
    return Record(of.id, of.checksum, WHEN)


A, B = migration("0001_a"), migration("0002_b")


@pytest.mark.parametrize(
    ("files", "ledger", "state"),
    [
        ([A], Ledger(), State.PENDING),
        ([A], Ledger((record(A),)), State.APPLIED),
        ([A], Ledger((Record(A.id, None, WHEN),)), State.APPLIED),
        ([A], Ledger((Record(A.id, "0" * 64, WHEN),)), State.CHANGED),
        ([], Ledger((record(A),)), State.MISSING),
        ([A], Ledger((), (Partial(A.id, "forward", A.checksum, 1, 3),)), State.PARTIAL),
        ([], Ledger((), (Partial(A.id, "forward", A.checksum, 1, 3),)), State.PARTIAL),
        ([A], Ledger((record(A),), (Partial(A.id, "backward", "", 1, 3),)), State.PARTIAL),
    ],
)
def test_each_state(files: list[Migration], ledger: Ledger, state: State) -> None:
    (entry,) = compare(files, ledger)
    assert (entry.id, entry.state) == (A.id, state)
    assert entry.migration == (files[0] if files else None)
    assert entry.record == (ledger.records[0] if ledger.records else None)
    assert entry.partial == (ledger.partial[0] if ledger.partial else None)


def test_everything_known_is_listed_once_sorted_by_id() -> None:
    ledger = Ledger((record(B), Record("0000_z", "", WHEN)), (Partial(A.id, "forward", "", 1, 2),))
    assert [entry.id for entry in compare([B, A], ledger)] == ["0000_z", "0001_a", "0002_b"]


def test_the_position_is_the_last_one_applied_not_the_highest() -> None:
    assert Ledger((record(B), record(A))).position == A.id
    assert Ledger().position is None


def test_a_deleted_backward_file_is_a_change() -> None:
    alone = Migration.of(A.id, A.forward, None)
    (entry,) = compare([alone], Ledger((record(A),)))
    assert entry.state is State.CHANGED
