"""What may be carried from one environment to the next: gates judged from values alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from wishkit.core.gate import Gate
from wishkit.core.quantity import seconds

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from wishkit.config import Thresholds
    from wishkit.config.rules import Level
    from wishkit.config.windows import Freeze, Window
    from wishkit.core.expected import Expected
    from wishkit.core.migration import Migration
    from wishkit.core.state import Ledger
    from wishkit.core.timing import PastAttempt

# In the order in which they are shown. The first two say what is carried at all: past them there
# would be nothing to promote, or something that nobody has seen.
UNSKIPPABLE = ("order", "applied")
GATES = (
    *UNSKIPPABLE,
    "verified",
    "soaked",
    "rehearsal",
    "proof",
    "hazards",
    "drift",
    "backup",
    "approvals",
    "timing",
    "window",
)
_SHOWN = 3  # migrations that are told one by one


@dataclass(frozen=True, slots=True)
class Between:
    """Two environments, and what of one is to come to the other.

    Attributes:
        source: name of the one where it is applied.
        target: name of the one where it shall be.
        ids: what is pending there, up to the last one that is applied here; in order.
        behind: what is pending there and comes after that: it stays where it is.
    """

    source: str
    target: str
    ids: tuple[str, ...]
    behind: tuple[str, ...]


def between(source: str, target: str, applied: Ledger, pending: Sequence[str]) -> Between:
    """What is to be promoted.

    Args:
        source: name of the environment it comes from.
        target: name of the one it goes into.
        applied: ledger of the first.
        pending: what is not applied in the second, in the order in which it would run.
    """
    there = {it.id for it in applied.records}
    count = max((n for n, id_ in enumerate(pending, 1) if id_ in there), default=0)
    return Between(source, target, tuple(pending[:count]), tuple(pending[count:]))


def order_gate(asked: Between, source: Ledger, target: Ledger) -> Gate:
    """Nothing is applied in the target that is not in the source as well."""
    here = {it.id for it in source.records}
    ahead = [it.id for it in target.records if it.id not in here]
    at, there = source.position or "base", target.position or "base"
    if not ahead:
        found = f"{asked.source} is at {at}, {asked.target} at {there}"
        return Gate("order", passed=True, found=found)
    return Gate(
        "order",
        passed=False,
        found=f"{asked.target} is ahead of {asked.source}: {_some(ahead)}",
        missing=f"the same in {asked.source}",
        who=f"whoever works on {asked.source}: wishkit migrate --env {asked.source}",
        code="promotion",
    )


def applied_gate(asked: Between, source: Ledger, files: Mapping[str, Migration]) -> Gate:
    """All of it is applied in the source, and is there what its files are here."""
    records = {it.id: it for it in source.records}
    partial = {it.id for it in source.partial}
    missing = [it for it in asked.ids if it not in records or it in partial]
    unknown = [it for it in asked.ids if it in records and records[it].checksum is None]
    changed = [
        id_
        for id_ in asked.ids
        if id_ in records
        and records[id_].checksum is not None
        and records[id_].checksum != files[id_].checksum
    ]
    who = f"whoever works on {asked.source}: wishkit "
    if missing:
        found = f"not applied in {asked.source}, and it comes before what is: {_some(missing)}"
        what = f"it in {asked.source}"
        who += f"migrate --env {asked.source}"
    elif changed:
        found = f"changed since it was applied in {asked.source}: {_some(changed)}"
        what = f"the files as they were applied in {asked.source}, or the new ones there"
        who += f"show {changed[0]} --env {asked.source} shows what changed"
    elif unknown:
        found = f"plain yoyo applied it in {asked.source}, and keeps no text: {_some(unknown)}"
        what = "a text that can be compared"
        who += f"mark {unknown[0]} --env {asked.source}"
    else:
        found = f"{_count(asked.ids)} applied in {asked.source}, just as in the files"
        if asked.behind:
            found += f"; {_count(asked.behind)} not yet, and not promoted"
        return Gate("applied", passed=True, found=found)
    return Gate("applied", passed=False, found=found, missing=what, who=who, code="promotion")


def soaked_gate(asked: Between, source: Ledger, *, soak: float, now: datetime) -> Gate:
    """All of it has been in the source for long enough.

    Args:
        asked: what is promoted.
        source: ledger of where it is.
        soak: seconds.
        now: by the clock of the source's server.
    """
    if not soak:
        return Gate("soaked", passed=True, found=f"{asked.target} asks for no soak")
    ripe = {
        it.id: it.applied_at.replace(tzinfo=it.applied_at.tzinfo or UTC) + timedelta(seconds=soak)
        for it in source.records
        if it.id in asked.ids
    }
    late = [id_ for id_ in asked.ids if ripe[id_] > now]
    if not late:
        youngest = max(ripe.values()) - timedelta(seconds=soak)
        age = duration_words((now - youngest).total_seconds())
        found = f"in {asked.source} for {age} at least"
        return Gate("soaked", passed=True, found=f"{found}, of {duration_words(soak)} asked for")
    until = max(ripe[id_] for id_ in late)
    left = duration_words((until - now).total_seconds())
    return Gate(
        "soaked",
        passed=False,
        found=f"not in {asked.source} for {duration_words(soak)} yet: {_some(late)}",
        missing=f"{left}, until {until.astimezone(UTC):%Y-%m-%d %H:%M} UTC",
        who="nobody: wait",
        code="promotion",
    )


def timing_gate(
    asked: Between,
    found: Sequence[Expected],
    attempts: Sequence[PastAttempt],
    thresholds: Thresholds,
) -> Gate:
    """None of it is expected to take longer in the target than it may, or waited so in the source.

    What nothing is known of, and what is rough, does not close it.

    Args:
        asked: what is promoted.
        found: how long each may take in the target, as it was judged by its thresholds.
        attempts: at the same in the source.
        thresholds: of the target.
    """
    told = [*_too_long(asked, found, thresholds), *_waited(asked, attempts, thresholds)]
    told.sort(key=lambda it: it[0] != "fail")
    closed = [text for level, text in told if level == "fail"]
    if closed:
        return Gate(
            "timing",
            passed=False,
            found=_first(closed),
            missing="a form that takes less: in batches, or in several migrations",
            who="whoever wrote it; or who changes thresholds for "
            f"[environments.{asked.target}] in wishkit.toml",
            code="promotion",
        )
    if told:
        return Gate("timing", passed=True, found=_first([text for _, text in told]), warns=True)
    return Gate("timing", passed=True, found=_outlook(asked, found))


def _too_long(
    asked: Between, found: Sequence[Expected], thresholds: Thresholds
) -> Iterator[tuple[Level, str]]:
    for it in sorted(found, key=lambda it: -(it.seconds or 0.0)):
        if it.above is None or it.seconds is None:
            continue
        limit = thresholds.expected.fail if it.above == "fail" else thresholds.expected.warn
        # What is rough may be above what fails, and warns.
        limit = thresholds.expected.fail if limit is None else limit
        text = f"{it.id}: {seconds(it.seconds)} expected in {asked.target}"
        yield it.above, f"{text}, above {seconds(limit or 0.0)} ({it.words})"


def _first(texts: Sequence[str]) -> str:
    more = len(texts) - 1
    return texts[0] + (f"; and {more} more, as wishkit stats shows" if more else "")


def _waited(
    asked: Between, attempts: Sequence[PastAttempt], thresholds: Thresholds
) -> Iterator[tuple[Level, str]]:
    longest: dict[str, float] = {}
    for it in attempts:
        if it.id in asked.ids and it.direction == "forward" and it.waited:
            longest[it.id] = max(it.waited.seconds, longest.get(it.id, 0.0))
    for id_, waited in longest.items():
        if level := thresholds.waited.above(waited):
            limit = getattr(thresholds.waited, level)
            text = f"{id_}: waited {seconds(waited)} for others in {asked.source}"
            yield level, f"{text}, above {seconds(limit)}"


def _outlook(asked: Between, found: Sequence[Expected]) -> str:
    """How long all of it may take, and what most of that rests on."""
    known = [(it.seconds, it) for it in found if it.seconds is not None]
    unknown = [it.id for it in found if it.seconds is None]
    if not known:
        return f"how long it takes in {asked.target} is not known: {found[0].words}"
    whole = sum(time for time, _ in known)
    _, most = max(known, key=lambda entry: entry[0])
    text = f"{seconds(whole)} expected in {asked.target}: {most.words}"
    if len(found) > 1:
        text = f"{seconds(whole)} expected in {asked.target}, most of it {most.id}: {most.words}"
    return text + (f"; nothing is known of {_some(unknown)}" if unknown else "")


def window_gate(
    asked: Between, windows: Sequence[Window], freezes: Sequence[Freeze], *, now: datetime
) -> Gate:
    """It is a time at which something may be promoted.

    Args:
        asked: what is promoted.
        windows: of the target; at any time where there is none.
        freezes: of the target.
        now: by the clock of the target's server.
    """
    who = f"nobody: wait; or who changes [environments.{asked.target}] of wishkit.toml"
    if holding := next((it for it in freezes if it.holds(now)), None):
        return Gate(
            "window",
            passed=False,
            found=f"{asked.target} is frozen: {holding.text}",
            missing=f"its end, {holding.ends:%Y-%m-%d %H:%M %Z}",
            who=who,
            code="promotion",
        )
    if not windows:
        found = f"{asked.target} has no maintenance windows"
        return Gate("window", passed=True, found=found)
    if is_open := next((it for it in windows if it.is_open(now)), None):
        return Gate("window", passed=True, found=f"open: {is_open.text}")
    opens = min(it.next_opening(now) for it in windows)
    return Gate(
        "window",
        passed=False,
        found=f"closed: {' and '.join(it.text for it in windows)}",
        missing=f"its opening, {opens:%a %Y-%m-%d %H:%M %Z}",
        who=who,
        code="promotion",
    )


def duration_words(seconds: float) -> str:
    """A duration with one unit: ``40 s``, ``59 min``, ``24 h``, ``9 days``."""
    if seconds < 120:  # noqa: PLR2004 - two minutes
        return f"{max(0, round(seconds))} s"
    minutes = round(seconds / 60)
    if minutes < 120:  # noqa: PLR2004 - two hours
        return f"{minutes} min"
    hours = round(minutes / 60)
    return f"{hours} h" if hours <= 48 else f"{hours // 24} days"  # noqa: PLR2004 - two days


def _some(ids: Sequence[str]) -> str:
    more = len(ids) - _SHOWN
    return ", ".join(ids[:_SHOWN]) + (f" and {more} more" if more > 0 else "")


def _count(ids: Sequence[str]) -> str:
    return f"{len(ids)} migration{'' if len(ids) == 1 else 's'}"
