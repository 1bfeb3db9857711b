"""Drift as a person reads it: the worst first, each with its migration and since when."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from wishkit.interface.output import answer, count, folded, styled, width

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from wishkit.commands.checked import Check
    from wishkit.commands.remedy import Adopted
    from wishkit.core.drift import Drift
    from wishkit.core.drift_origin import HalfThere

_STYLES = {"error": "bold red", "warning": "bold", "info": "dim"}
_SAID = 3  # objects of a migration that are told by name


def render_check(found: Check) -> None:
    """What a comparison found, and what it comes to."""
    columns = width(sys.stdout)
    for drift in found.drifts:
        label = f"{drift.severity.value}:"
        first, *rest = folded(drift.text, columns, len(label) + 1)
        answer(f"{styled(label, _STYLES[drift.severity.value], sys.stdout)} {first}")
        for line in [*rest, *_about(drift, found)]:
            answer(f"  {line}")
    lines = list(_besides(found))
    if lines and found.drifts:
        answer("")
    for line in lines:
        for piece in folded(line, columns, 0):
            answer(piece)
    if found.drifts:
        answer("")
    answer(_verdict(found))


def render_adopted(adopted: Adopted) -> None:
    """A migration that was written, what it cannot do, and what comes next."""
    answer(f"wrote {adopted.migration.forward}")
    if adopted.migration.backward:
        answer(f"wrote {adopted.migration.backward}")
    for lost in adopted.destructive:
        answer(f"{styled('DESTRUCTIVE:', _STYLES['error'], sys.stdout)} it loses {lost}")
    for left in adopted.by_hand:
        answer(f"by hand: {left}")
    for hint in adopted.hints:
        answer(f"next: {hint}")


def _about(drift: Drift, found: Check) -> Iterator[str]:
    """Whose it is, when it came about, and both definitions where the words do not say all."""
    if drift.migration and found.compared_with == "migrations":
        yield f"made by {drift.migration}"
    if drift.since and found.compared_with == "migrations":
        yield f"changed by hand since the last run ({_time(drift.since)})"
    if drift.by:
        yield f"by {drift.by}"
    definitions = {"expected": drift.expected, "actual": drift.actual}
    if drift.type == "different" and any("is another one" in it for it in drift.changes):
        for side, text in definitions.items():
            head, *rest = (text or "").splitlines() or [""]
            yield f"{side}: {head}"
            yield from (f"    {line}" for line in rest)


def _besides(found: Check) -> Iterator[str]:
    """What is no drift of its own, and has to be known."""
    for half in found.half_there:
        yield _half(half)
    for table in found.reordered:
        yield f"note: the columns of {table} stand in another order, which is no drift"
    for entry in found.ignored:
        what = ", ".join(entry.objects)
        name = f'[[drift.ignore]] {entry.kind} "{entry.name}" ({entry.reason})'
        yield (f"ignored: {what}, by {name}" if what else f"note: {name} is stale: no such drift")
    if found.unseen:
        yield f"not compared, because this role may not read it: {', '.join(found.unseen)}"


def _half(half: HalfThere) -> str:
    named = ", ".join(half.contrary[:_SAID])
    if more := len(half.contrary) - _SAID:
        named += f" and {more} more" if more > 0 else ""
    number, total = len(half.contrary), len(half.contrary) + half.others
    objects = f"{number} of {total} objects"
    if half.recorded == "applied":
        if not half.others:
            return f"{half.id} is recorded as applied, and nothing of what it makes is there"
        return f"{half.id} is there in part: {objects} {_be(number)} missing: {named}"
    return f"{half.id} is not applied, but {objects} it makes {_be(number)} there: {named}"


def _be(number: int) -> str:
    return "is" if number == 1 else "are"


def _verdict(found: Check) -> str:
    """The last line: the answer to what was asked."""
    at = f"at {found.position}" if found.position else "empty: nothing is applied"
    than = (
        "what its migrations define"
        if found.compared_with == "migrations"
        else f"what the last run left ({_time(found.last_run)})"
    )
    if found.drifts:
        kinds = ", ".join(
            count(number, severity) if severity != "info" else f"{number:,} info"
            for severity in ("error", "warning", "info")
            if (number := sum(it.severity == severity for it in found.drifts))
        )
        tail = "" if found.exit_status else f" (none fails: drift_fails is {found.fails.value})"
        return f"drift: {kinds}; the database is {at}, and not {than}{tail}"
    if found.unseen:
        return "no drift in what could be compared"
    if found.unchanged_since and found.compared_with == "migrations":
        return f"no drift: nothing has changed since the check of {_time(found.unchanged_since)}"
    return f"no drift: the database is {at}, and {than}"


def _time(moment: datetime | None) -> str:
    return f"{moment:%A %Y-%m-%d %H:%M} UTC" if moment else "unknown"
