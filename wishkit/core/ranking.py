"""What of all that was done took longest, waited longest, or differs most between environments."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

from wishkit.config.rules import worst
from wishkit.core.timing import contrast

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import datetime

    from wishkit.config.rules import Level
    from wishkit.core.timing import Contrast, InTheWay, PastAttempt, Timing


@dataclass(frozen=True, slots=True)
class SlowStatement:
    """One message of an attempt, and whose it is.

    Attributes:
        environment: where.
        id: of which migration.
        direction: which way.
        at: when the attempt began, in UTC.
        timing: how long it took, what it wrote, how large its tables were.
    """

    environment: str
    id: str
    direction: str
    at: datetime
    timing: Timing


@dataclass(frozen=True, slots=True)
class Blocked:
    """What one migration lost in one environment by others being in its way.

    Attributes:
        environment: where.
        id: which one.
        seconds: of all its attempts there, whether they went through or not.
        attempts: how many had to wait.
        retries: how many tries came to nothing, by reason.
        by: who was in the way, each once.
        above: warn or fail, where one of them waited longer than wishkit.toml says, or took longer;
            null: none did.
    """

    environment: str
    id: str
    seconds: float
    attempts: int
    retries: dict[str, int]
    by: tuple[InTheWay, ...]
    above: Level | None = None


def lasts(attempts: Iterable[PastAttempt]) -> tuple[PastAttempt, ...]:
    """The last attempt that went through, of each migration in each environment and direction."""
    found: dict[tuple[str, str, str], PastAttempt] = {}
    for it in attempts:
        key = (it.environment, it.id, it.direction)
        if it.ran and (key not in found or found[key].number < it.number):
            found[key] = it
    return tuple(found.values())


def slowest(done: Iterable[PastAttempt], limit: int) -> tuple[PastAttempt, ...]:
    """Those that took longest without waits, the longest first; without their messages.

    Args:
        done: see `lasts`.
        limit: no more than these.
    """
    ordered = sorted(done, key=lambda it: it.work, reverse=True)
    return tuple(replace(it, timings=()) for it in ordered[:limit])


def slowest_statements(done: Iterable[PastAttempt], limit: int) -> tuple[SlowStatement, ...]:
    """Their messages that took longest, the longest first.

    Args:
        done: see `lasts`.
        limit: no more than these.
    """
    told = [
        SlowStatement(it.environment, it.id, it.direction, it.at, timing)
        for it in done
        for timing in it.timings
    ]
    return tuple(sorted(told, key=lambda it: it.timing.seconds, reverse=True)[:limit])


def blocked(attempts: Iterable[PastAttempt], limit: int) -> tuple[Blocked, ...]:
    """Who lost most by waiting, the most first, and who was in the way.

    Args:
        attempts: all of them, failed ones too: what gave up has waited longest.
        limit: no more than these.
    """
    found: dict[tuple[str, str], Blocked] = {}
    for it in attempts:
        if not it.waited:
            continue
        key = (it.environment, it.id)
        before = found.get(key, Blocked(*key, 0.0, 0, {}, ()))
        retries = dict(before.retries)
        for reason, number in it.waited.retries.items():
            retries[reason] = number + retries.get(reason, 0)
        found[key] = Blocked(
            *key,
            before.seconds + it.waited.seconds,
            before.attempts + 1,
            retries,
            tuple(dict.fromkeys((*before.by, *it.waited.by))),
            worst(before.above, it.above),
        )
    return tuple(sorted(found.values(), key=lambda it: it.seconds, reverse=True)[:limit])


def gaps(
    done: Iterable[PastAttempt], environments: Sequence[str], about: Collection[str], limit: int
) -> tuple[Contrast, ...]:
    """Where the same migration took most longer in one environment than in the one before it.

    By the difference: four times two milliseconds is nothing.

    Args:
        done: see `lasts`.
        environments: in the order in which a change travels.
        about: one of the two has to be one of these.
        limit: no more than these.
    """
    by_way: dict[tuple[str, str], list[PastAttempt]] = {}
    for it in sorted(done, key=lambda it: environments.index(it.environment)):
        by_way.setdefault((it.id, it.direction), []).append(it)
    found = [
        told
        for tried in by_way.values()
        for one, other in pairwise(tried)
        if not {one.environment, other.environment}.isdisjoint(about)
        and (told := contrast(one, other))
    ]
    found.sort(key=lambda it: it.slower_seconds - it.faster_seconds, reverse=True)
    return tuple(found[:limit])
