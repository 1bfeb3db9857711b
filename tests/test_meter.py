"""How far something long is, as a terminal and as a log show it."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from wishkit.core.events import Blocked, Blocker, MigrationStarted, Progressed, StatementsStarted
from wishkit.interface.meter import Meter
from wishkit.interface.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Callable

BUILDING = "building index: scanning table"


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Time that stands still; called, it goes on by so many seconds."""
    now = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])

    def go_on(seconds: float) -> None:
        now[0] += seconds

    return go_on


def built(done: int | None, total: int | None = 4000, **more: str) -> Progressed:
    return Progressed("0002_index", BUILDING, done, total, "blocks", **more)


def test_a_bar_with_numbers_and_what_is_left(clock: Callable[[float], None]) -> None:
    told = Meter.of(built(0))
    assert told.lines() == [f"{'░' * 20} {BUILDING}, 0%, 0 of 4,000 blocks"]
    clock(1)
    told.tell(built(500))
    assert told.lines() == [f"██{'░' * 18} {BUILDING}, 12%, 500 of 4,000 blocks"]  # too soon to say
    clock(9)
    told.tell(built(1000))
    assert told.lines() == [
        f"█████{'░' * 15} {BUILDING}, 25%, 1,000 of 4,000 blocks, about 30 s left"
    ]


def test_what_had_been_done_before_is_no_measure_of_speed(clock: Callable[[float], None]) -> None:
    """A backfill that is resumed in the middle has not been quick."""
    told = Meter.of(Progressed("0003_fill", "rows", 9000, 10000, "rows"))
    clock(10)
    told.tell(Progressed("0003_fill", "rows", 9100, 10000, "rows"))
    assert told.line() == "0003_fill: rows, 91%, 9,100 of 10,000 rows, about 1 min 30 s left"


def test_where_there_are_no_numbers_something_turns(clock: Callable[[float], None]) -> None:
    told = Meter.of(Progressed("0002_index", "waiting for a lock", waiting_for="pid 7, psql"))
    first = told.lines()
    assert first[0].endswith(" waiting for a lock")
    assert first[1] == "waits for pid 7, psql"
    clock(0.1)
    assert told.lines()[0] != first[0]
    assert told.line() == "0002_index: waiting for a lock, waits for pid 7, psql"


def test_nothing_is_foretold_of_transactions(clock: Callable[[float], None]) -> None:
    told = Meter.of(Progressed("0002_index", "waiting for writers", 0, 4, "transactions"))
    clock(60)
    told.tell(Progressed("0002_index", "waiting for writers", 2, 4, "transactions"))
    assert told.line() == "0002_index: waiting for writers, 50%, 2 of 4 transactions"


def test_a_log_gets_a_line_for_each_phase_and_fewer_and_fewer(
    clock: Callable[[float], None], capsys: pytest.CaptureFixture[str]
) -> None:
    progress = Progress()
    progress(MigrationStarted("0002_index", "forward", 1, 1, 1))
    progress(StatementsStarted("0002_index", 1, 1, "CREATE INDEX"))
    for second in range(3600):
        progress(built(second))
        clock(1)
    progress(Progressed("0002_index", "waiting for old snapshots", 0, 1, "transactions"))
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == f"0002_index: {BUILDING}, 0%, 0 of 4,000 blocks"
    assert lines[1].startswith(f"0002_index: {BUILDING}, 0%, 10 of 4,000 blocks, about ")
    assert lines[-1] == "0002_index: waiting for old snapshots, 0%, 0 of 1 transactions"
    assert 30 < len(lines) < 60


def blocked(*pids: int) -> Blocked:
    alike = Blocker(
        0, "", "wish", "ROW SHARE", "app", "shop", "active", "", autovacuum=False, age=1
    )
    seen = [replace(alike, pid=pid) for pid in pids]
    return Blocked("0002_index", tuple(seen), 60)


def test_a_log_is_not_flooded_by_whoever_comes_and_goes(
    clock: Callable[[float], None], capsys: pytest.CaptureFixture[str]
) -> None:
    progress = Progress()
    for tick in range(200):  # 10 s
        progress(blocked(1, 2 + tick))
        clock(0.05)
    for _ in range(200):
        progress(blocked(1))
        clock(0.05)
    lines = capsys.readouterr().err.splitlines()
    assert 3 < len([line for line in lines if "waits for a lock" in line]) < 7


def test_who_was_in_the_way_is_not_shown_any_longer_than_that() -> None:
    progress = Progress()
    progress(MigrationStarted("0002_fill", "forward", 1, 1, 1))
    progress(blocked(1))
    assert "waits for a lock" in str(progress._lines())
    progress(Progressed("0002_fill", "rows", 1, 2, "rows"))
    assert "waits for a lock" not in str(progress._lines())


def test_each_statement_is_measured_by_itself(
    clock: Callable[[float], None], capsys: pytest.CaptureFixture[str]
) -> None:
    progress = Progress()
    for number in (1, 2):
        progress(StatementsStarted("0002_index", number, number, "CREATE INDEX"))
        progress(built(number))
        clock(0.5)
        progress(built(number))
    assert len(capsys.readouterr().err.splitlines()) == 2


def test_quiet_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    Progress(quiet=True)(built(1))
    assert capsys.readouterr().err == ""
