"""How long a migration may take where it has not run yet, by how long it took elsewhere.

What only touches catalogs takes as long as it took there. What reads or writes tables takes as
many times as long as they are larger: by bytes, just before it there and now here. That is right
for one pass over a table; an index that no longer fits into memory, and other hardware, it does not
see.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import chain
from typing import TYPE_CHECKING

from wishkit.core.quantity import byte_words, seconds
from wishkit.core.timing import Weight
from wishkit.core.weight import weighs

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from wishkit.config.rules import Level, Threshold
    from wishkit.core.batches import Batch
    from wishkit.core.locks.model import Name
    from wishkit.core.migration import Direction
    from wishkit.core.timing import PastAttempt, Timing

# Below that, what a statement takes does not come from how much there is.
LITTLE = 1024 * 1024  # bytes
_LEAP = 4  # as many times as much as little cannot be told from little
TIMES = "\N{MULTIPLICATION SIGN}"
_FAR = 100  # as many times as much cannot be told well


@dataclass(frozen=True, slots=True)
class Awaited:
    """What of a migration is still to run.

    Attributes:
        id: which one.
        direction: which way.
        checksum: of both its texts.
        done: how many statements an earlier run has completed.
        count: how many statements it has.
        weighs: by number of a statement: the tables on whose size its time depends, by name as
            written; none where only running it would tell. What depends on none is not in it.
    """

    id: str
    direction: Direction
    checksum: str
    done: int
    count: int
    weighs: Mapping[int, tuple[Name, ...]]


def awaited(
    id_: str, direction: Direction, checksum: str, done: int, batches: Sequence[Batch]
) -> Awaited:
    """The same, from its messages."""
    told = {it.first: weighs(it.effects) for it in batches if it.effects}
    dependent = {first: names for first, names in told.items() if names is not None}
    return Awaited(id_, direction, checksum, done, batches[-1].last, dependent)


@dataclass(frozen=True, slots=True)
class Scaled:
    """A statement whose time was taken times as much as its tables are larger.

    Attributes:
        first: number of the statement in its file, from 1.
        seconds: how long it took there.
        factor: how many times as long it is expected to take.
        there: its tables, just before it.
        here: the same tables, now.
    """

    first: int
    seconds: float
    factor: float
    there: tuple[Weight, ...]
    here: tuple[Weight, ...]

    @property
    def words(self) -> str:
        """Of how much: ``12.0 GB against 300.0 MB of public.wishlist_items``."""
        sizes = (
            f"{byte_words(total_bytes(self.here))} against {byte_words(total_bytes(self.there))}"
        )
        return f"{sizes} of {', '.join(it.table for it in self.here)}"


def total_bytes(weights: Iterable[Weight]) -> int:
    """How large tables are together."""
    return sum(it.bytes for it in weights)


@dataclass(frozen=True, slots=True)
class Basis:
    """The attempt that an expectation rests on.

    Attributes:
        environment: where.
        at: when, in UTC.
        seconds: how long what is still to run took there, without waits.
        scaled: statements whose time depends on how much there is.
        attempts: of how many it is the median.
    """

    environment: str
    at: datetime
    seconds: float
    scaled: tuple[Scaled, ...]
    attempts: int


@dataclass(frozen=True, slots=True)
class Expected:
    """How long a migration is expected to take, without waits.

    Attributes:
        id: which one.
        direction: which way.
        seconds: null where there is nothing to tell it from.
        rough: whether it may well be many times as long, or as short.
        why: why it is rough, or not known; null if it is neither.
        basis: what it rests on; null where it is not known.
        above: warn or fail, where it is longer than wishkit.toml says; what is rough never fails.
    """

    id: str
    direction: Direction
    seconds: float | None
    rough: bool
    why: str | None
    basis: Basis | None
    above: Level | None = None

    @property
    def words(self) -> str:
        """What it rests on: how long it took where, times what, because of which tables."""
        if self.basis is None or self.seconds is None:
            return self.why or ""
        text = f"{seconds(self.basis.seconds)} on {self.basis.environment}"
        if self.basis.scaled:
            largest = max(self.basis.scaled, key=lambda it: it.seconds * it.factor)
            factor = self.seconds / self.basis.seconds if self.basis.seconds else largest.factor
            text += f" {TIMES} {multiple(factor)}: {largest.words}"
        elif not self.rough:
            text += ", however large its tables are"
        if self.basis.attempts > 1:
            text += f"; the median of {self.basis.attempts} attempts"
        return f"{text}; rough: {self.why}" if self.rough else text


def multiple(factor: float) -> str:
    """A factor with two digits: ``0.42``, ``1.5``, ``40``, ``12,000``."""
    if factor >= 10:  # noqa: PLR2004 - two digits
        return f"{float(f'{factor:.2g}'):,.0f}"
    return f"{factor:.2g}" if factor >= 0.01 else "0.01"  # noqa: PLR2004 - as above


class _NoBasis(Exception):
    """An attempt from which nothing can be told, and why."""


def expected(it: Awaited, attempts: Iterable[PastAttempt], here: Mapping[str, Weight]) -> Expected:
    """How long a migration may take, by the attempts at the very same text that went through.

    Args:
        it: what is still to run.
        attempts: anywhere, at anything.
        here: by name with its schema, the tables of the database where it is to run.
    """
    tried = [a for a in attempts if (a.id, a.direction) == (it.id, it.direction) and a.ran]
    why = "it ran with another text only" if tried else "it never ran"
    found: list[tuple[float, Expected, Basis]] = []
    for attempt in sorted(tried, key=lambda a: a.at):
        if attempt.checksum == it.checksum:
            try:
                found.append(_told_by(attempt, it, here))
            except _NoBasis as reason:
                why = str(reason)
    usable = [entry for entry in found if not entry[1].rough] or found
    if not usable:
        return Expected(it.id, it.direction, None, rough=False, why=why, basis=None)
    usable.sort(key=lambda entry: entry[0])
    # Of two the longer one: nobody is hurt by what is over sooner.
    _, chosen, basis = usable[len(usable) // 2]
    return replace(chosen, basis=replace(basis, attempts=len(usable)))


def judged(it: Expected, threshold: Threshold) -> Expected:
    """The same, with whether it is longer than it may be. What is rough warns, and never fails."""
    level = None if it.seconds is None else threshold.above(it.seconds)
    return replace(it, above="warn" if level and it.rough else level)


def total(found: Iterable[Expected]) -> float | None:
    """Seconds for all of it; None where nothing is known of one of them."""
    times = [it.seconds for it in found]
    known = [it for it in times if it is not None]
    return sum(known) if len(known) == len(times) else None


def _told_by(
    attempt: PastAttempt, it: Awaited, here: Mapping[str, Weight]
) -> tuple[float, Expected, Basis]:
    """What one attempt lets expect.

    Raises:
        _NoBasis: nothing.
    """
    where = attempt.environment
    left = [timing for timing in attempt.timings if timing.last > it.done]
    told = set(chain.from_iterable(range(t.first, t.last + 1) for t in left))
    # The ledger has no times of an attempt that came from a script for psql.
    untold = not attempt.timings and not it.done and not it.weighs
    if not untold and not told >= set(range(it.done + 1, it.count + 1)):
        raise _NoBasis(f"{where} does not tell how long each of its statements took")
    # What is between and after its messages: a COMMIT, above all.
    rest = attempt.work - sum(timing.seconds for timing in attempt.timings)
    there = here_in_all = 0.0 if it.done else max(0.0, rest)
    scaled, doubts = [], []
    for timing in left:
        factor, doubt, weighed = _factor(timing, it, here, where)
        doubts += [doubt] if doubt else []
        if weighed:
            found = tuple(here.get(w.table, Weight(w.table, 0, 0)) for w in timing.weights)
            scaled.append(Scaled(timing.first, timing.seconds, factor, timing.weights, found))
        there += timing.seconds
        here_in_all += timing.seconds * factor
    basis = Basis(where, attempt.at, there, tuple(scaled), 1)
    why = "; ".join(dict.fromkeys(doubts)) or None
    found_ = Expected(it.id, it.direction, here_in_all, rough=bool(doubts), why=why, basis=basis)
    return here_in_all, found_, basis


def _factor(
    timing: Timing, it: Awaited, here: Mapping[str, Weight], where: str
) -> tuple[float, str | None, bool]:
    """How many times as long it takes here, what makes that doubtful, and whether it is weighed.

    Raises:
        _NoBasis: that cannot be told.
    """
    if not any(number in it.weighs for number in range(timing.first, timing.last + 1)):
        return 1.0, None, False
    number = f"statement {timing.first}"
    if not timing.depends:
        raise _NoBasis(f"{where} was migrated by an older wishkit, which kept no sizes of tables")
    if not timing.weights:
        return 1.0, f"only running {number} tells what it reads, so it counts as there", False
    absent = [w.table for w in timing.weights if w.table not in here]
    before = total_bytes(timing.weights)
    now = total_bytes(here[w.table] for w in timing.weights if w.table in here)
    if absent and before >= LITTLE:  # otherwise what makes it leaves it about as small
        return 1.0, f"{absent[0]} is not there yet, so {number} counts as there", False
    factor = max(now, LITTLE) / max(before, LITTLE)
    if before < LITTLE and factor > _LEAP:
        sizes = f"{byte_words(before)} there, {byte_words(now)} here"
        names = ", ".join(w.table for w in timing.weights)
        raise _NoBasis(f"too little of {names} on {where} to tell ({sizes})")
    doubt = None
    if factor > _FAR:
        doubt = f"{number} has {multiple(factor)} times as much to do as it had there"
    return factor, doubt, True
