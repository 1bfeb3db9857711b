"""Attempts as the ledger has them: how long each took, who was in its way; and what that tells."""

from __future__ import annotations

from dataclasses import dataclass, replace
from statistics import median
from typing import TYPE_CHECKING, Any

from wishkit.config.rules import worst

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from wishkit.config.rules import Level, Thresholds


@dataclass(frozen=True, slots=True)
class Weight:
    """A table on whose size the time of a statement depends, as it was before it.

    Attributes:
        table: with its schema.
        rows: as the planner estimates them.
        bytes: of the table with its partitions and what is stored out of line, without indexes.
    """

    table: str
    rows: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Timing:
    """One message of an attempt: a statement, or several quick ones.

    Attributes:
        first: number of its first statement in the file, from 1.
        last: number of its last one.
        seconds: how long it took, without waits.
        rows: how many it wrote; null where it writes none.
        depends: whether its time depends on how much data there is.
        weights: tables on whose size it depends; empty where the text does not tell on which.
        batches: of a statement that runs in batches, how many there were.
        sql: the beginning of its first statement; null where the text is not at hand.
    """

    first: int
    last: int
    seconds: float
    rows: int | None = None
    depends: bool = False
    weights: tuple[Weight, ...] = ()
    batches: int | None = None
    sql: str | None = None


@dataclass(frozen=True, slots=True)
class InTheWay:
    """Somebody who held what an attempt needed.

    Attributes:
        role: whose session it was.
        application: as it named itself.
        state: active, idle in transaction, ….
        relation: what it held.
        mode: under which lock.
        query: what it ran, shortened and without values.
    """

    role: str | None
    application: str | None
    state: str | None
    relation: str | None
    mode: str | None
    query: str | None

    def __str__(self) -> str:
        parts = (self.role and f"role {self.role}", self.application, self.state)
        text = ", ".join(part for part in parts if part) or "somebody"
        held = f" ({self.mode} on {self.relation})" if self.relation else ""
        return f"{text}{held}" + (f": {self.query}" if self.query else "")


@dataclass(frozen=True, slots=True)
class Waited:
    """What an attempt lost by others being in its way.

    Attributes:
        seconds: until it came through, or gave up.
        retries: how many tries came to nothing, by reason.
        by: who was in the way, each once.
    """

    seconds: float
    retries: dict[str, int]
    by: tuple[InTheWay, ...]


@dataclass(frozen=True, slots=True)
class PastAttempt:
    """One attempt at a migration, or one mark by hand.

    Attributes:
        environment: where, as wishkit.toml calls it, or as the database was named.
        id: which migration.
        number: of the attempt, there.
        run: number of the run that it was part of, there.
        direction: forward, backward, mark or unmark.
        outcome: done, failed, partial or interrupted.
        checksum: of the text that ran; null where the ledger does not know it.
        at: when it began, in UTC.
        seconds: from its beginning to its end, with waits.
        waited: what of that was lost by waiting; null where nobody was in the way, or where an
            older wishkit did not keep it.
        rows: how many it wrote; null as above, and where none of its statements writes any.
        role: who the server says was logged in.
        user: login name on the machine it was started from.
        host: that machine.
        version: of wishkit.
        reason: why, in the words of who asked.
        error: of what is not done, one sentence.
        timings: its messages; empty where only a list was asked for.
        above: warn or fail, where it took or waited longer than wishkit.toml says; null: it did
            not.
    """

    environment: str
    id: str
    number: int
    run: int
    direction: str
    outcome: str
    checksum: str | None
    at: datetime
    seconds: float
    waited: Waited | None
    rows: int | None
    role: str
    user: str | None
    host: str | None
    version: str
    reason: str | None
    error: str | None
    timings: tuple[Timing, ...] = ()
    above: Level | None = None

    @property
    def work(self) -> float:
        """Seconds without waits."""
        return max(0.0, self.seconds - (self.waited.seconds if self.waited else 0.0))

    @property
    def ran(self) -> bool:
        """Whether it ran SQL, and that went through."""
        return self.outcome == "done" and self.direction in {"forward", "backward"}


def timings_of(statements: Iterable[Mapping[str, Any]] | None) -> tuple[Timing, ...]:
    """The messages of an attempt, from ``wishkit.execution.statements``."""
    return tuple(
        Timing(
            it["first"],
            it["last"],
            round(it["ms"] / 1000, 6),
            it.get("rows"),
            "sizes" in it,
            tuple(Weight(name, *size) for name, size in sorted(it.get("sizes", {}).items())),
            it.get("batches"),
        )
        for it in statements or ()
    )


def waited_of(waits: Mapping[str, Any] | None) -> Waited | None:
    """What was lost by waiting, from ``wishkit.execution.waits``."""
    if waits is None:
        return None
    by = tuple(InTheWay(**it) for it in waits["blockers"])
    return Waited(round(waits["ms"] / 1000, 6), waits["retries"], by)


def judged(attempt: PastAttempt, thresholds: Thresholds) -> PastAttempt:
    """The same, with whether it took or waited longer than it may.

    One that did not go through is judged by what it waited alone: it has no duration.
    """
    took = thresholds.duration.above(attempt.work) if attempt.ran else None
    waited = thresholds.waited.above(attempt.waited.seconds) if attempt.waited else None
    return replace(attempt, above=worst(took, waited))


@dataclass(frozen=True, slots=True)
class Trend:
    """How long one migration takes in one environment, from its first attempt there to its last.

    Attributes:
        environment: where.
        direction: which way.
        seconds: of each attempt that went through, without waits, the oldest first.
        median: of these.
        change: the last one, as a multiple of the first; null with fewer than two.
    """

    environment: str
    direction: str
    seconds: tuple[float, ...]
    median: float
    change: float | None


@dataclass(frozen=True, slots=True)
class Contrast:
    """The same migration in two environments, by the last attempt in each that went through.

    Attributes:
        id: which one.
        direction: which way.
        faster: where it took less.
        slower: where it took more.
        faster_seconds: without waits.
        slower_seconds: without waits.
        ratio: the second as a multiple of the first.
    """

    id: str
    direction: str
    faster: str
    slower: str
    faster_seconds: float
    slower_seconds: float
    ratio: float


def trends(attempts: Sequence[PastAttempt]) -> tuple[Trend, ...]:
    """How one migration has fared, by environment and direction, in the order these appear.

    Args:
        attempts: at one migration.
    """
    found = []
    for (environment, direction), done in _by_place(attempts).items():
        seconds = tuple(it.work for it in done)
        change = seconds[-1] / seconds[0] if len(seconds) > 1 and seconds[0] else None
        found.append(Trend(environment, direction, seconds, median(seconds), change))
    return tuple(found)


def contrasts(attempts: Sequence[PastAttempt]) -> tuple[Contrast, ...]:
    """How environments differ, each with the first one that has gone the same way.

    Args:
        attempts: at one migration.
    """
    lasts: dict[str, dict[str, PastAttempt]] = {}
    for (environment, direction), done in _by_place(attempts).items():
        lasts.setdefault(direction, {})[environment] = done[-1]
    found = []
    for by_environment in lasts.values():
        first, *others = by_environment.values()
        found += [contrast(first, other) for other in others]
    return tuple(filter(None, found))


def contrast(one: PastAttempt, other: PastAttempt) -> Contrast | None:
    """How two environments differ, by an attempt in each; None where one took no time at all."""
    fast, slow = sorted((one, other), key=lambda it: it.work)
    if not fast.work:
        return None
    return Contrast(
        fast.id,
        fast.direction,
        fast.environment,
        slow.environment,
        fast.work,
        slow.work,
        slow.work / fast.work,
    )


def _by_place(attempts: Sequence[PastAttempt]) -> dict[tuple[str, str], list[PastAttempt]]:
    """Those that went through, the oldest first, by environment and direction."""
    found: dict[tuple[str, str], list[PastAttempt]] = {}
    for it in filter(lambda it: it.ran, attempts):
        found.setdefault((it.environment, it.direction), []).append(it)
    return {place: sorted(done, key=lambda it: it.number) for place, done in found.items()}


def with_sql(attempt: PastAttempt, beginnings: Sequence[str]) -> PastAttempt:
    """The same, each message with the beginning of its first statement.

    Args:
        attempt: of the text that these are of.
        beginnings: of all its statements.
    """
    timings = (
        replace(it, sql=beginnings[it.first - 1] if it.first <= len(beginnings) else None)
        for it in attempt.timings
    )
    return replace(attempt, timings=tuple(timings))
