"""What a rehearsal found, as a person reads it on stdout."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from wishkit.interface.errors import error_lines
from wishkit.interface.output import answer, count, seconds, styled, width
from wishkit.interface.table import table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wishkit.commands.rehearse import Rehearsing
    from wishkit.core.rehearsal import Problem, Rehearsed

_WORDS = {
    "passed": "ok",
    "failed": "FAILED",
    "irreversible": "none",
    "none": "no file",
    "not run": "-",
}
_STYLES = {"ok": "green", "FAILED": "bold red"}
_PHASES = ("forward", "backward", "again", "verify")
_TITLES = ("migration", *_PHASES, "time", "strongest lock")
_SHOWN = 10  # differences of one problem


def render_rehearsal(found: Rehearsing) -> None:
    """A row a migration, then what is wrong, then the answer."""
    if found.migrations:
        lines = table(
            _TITLES,
            map(_row, found.migrations),
            width=width(sys.stdout),
            right=("time",),
            paint=lambda title, text: (
                styled(text, _STYLES.get(text.strip(), ""), sys.stdout)
                if title in _PHASES
                else styled(text, "" if title else "bold", sys.stdout)
            ),
        )
        for line in lines:
            answer(line)
        answer("")
    for it in found.migrations:
        for problem in it.problems:
            for number, line in enumerate(problem_lines(it, problem)):
                answer(line if number else styled(line, "bold red", sys.stdout))
    for note in _notes(found):
        answer(f"note: {note}")
    style = "bold red" if found.exit_status else "green"
    answer(styled(rehearsal_verdict(found), style, sys.stdout))


def _row(it: Rehearsed) -> tuple[str, ...]:
    lock = it.strongest
    told = f"{lock.mode}: {lock.relation}" if lock else ""
    phases = (_WORDS[getattr(it, phase)] for phase in _PHASES)
    return (it.id, *phases, seconds(it.seconds) if it.seconds else "", told)


def problem_lines(it: Rehearsed, problem: Problem) -> Iterator[str]:
    """One reason why a migration is not proven, with an empty line behind it."""
    yield f"{it.id}: {problem.code}: {problem.text}"
    for detail in problem.details[:_SHOWN]:
        yield f"  {detail}"
    if more := problem.details[_SHOWN:]:
        yield f"  and {len(more):,} more"
    if problem.error:
        # Its first line is the text above; and there is no database whose state matters.
        for line in error_lines(problem.error)[1:]:
            if not line.startswith("state:"):
                yield f"  {line}"
    yield ""


def _notes(found: Rehearsing) -> Iterator[str]:
    for it in found.migrations:
        if it.irreversible:
            yield f"{it.id} has no way back, and says so: {it.irreversible}"
        if it.reordered:
            yield (
                f"{it.id}: after its undoing the columns of {', '.join(it.reordered)} stand in "
                "another order"
            )
        if it.unmeasured:
            yield f"{it.id}: locks were not measured: {it.unmeasured}"
    if found.unreached:
        yield f"not rehearsed, because one before them failed: {', '.join(found.unreached)}"
    if found.seeds is False:
        yield "the seeds fit the tables at no point: nothing was rehearsed with their rows"
    if found.without_rows:
        yield (
            f"no rows were ever in {', '.join(found.without_rows)}: what migrations do to them is "
            "not known; sql/fixtures can hold some"
        )


def rehearsal_verdict(found: Rehearsing) -> str:
    """What it comes to, in a line."""
    proven = sum(it.proven for it in found.migrations)
    irreversible = sum(it.irreversible is not None for it in found.migrations)
    failed = len(found.migrations) - proven
    parts = [f"{proven:,} proven"]
    if irreversible:
        parts[0] += f" ({irreversible:,} without a way back)"
    if failed:
        parts.append(f"{failed:,} failed")
    if found.unreached:
        parts.append(f"{len(found.unreached):,} not reached")
    total = len(found.migrations) + len(found.unreached)
    if not total:
        return "nothing to rehearse"
    return (
        f"{count(total, 'migration')} rehearsed on PostgreSQL {found.server} in "
        f"{seconds(found.seconds)}: {', '.join(parts)}"
    )
