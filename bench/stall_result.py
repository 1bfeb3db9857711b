"""What was measured, and what of it the table says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from stall_blockers import NONE

if TYPE_CHECKING:
    from collections.abc import Sequence

AIM = 0.250  # seconds a client may wait
PROMPT = 1.0  # seconds behind the blocker's end and the work itself


@dataclass(frozen=True, slots=True)
class Row:
    """What one change with one tool did to the clients. Times in seconds.

    Attributes:
        operation: one of ``OPERATIONS``.
        form: of the blocker.
        tool: one of ``TOOLS``.
        wait: the longest of any client while the tool was at work.
        wait_of: which request that was.
        stalled: how many requests waited for longer than the aim.
        before: the longest before the tool began.
        machine: the longest of a client that only reads a table that nobody touches, meanwhile.
        lock_wait: the longest wait for a lock that was seen, and …
        story: … who waited for what, and behind whom.
        requests: how many there were.
        errors: of clients.
        first_error: one of them.
        done: whether the change was made.
        attempts: how often the tool was started.
        took: from the tool's start to its end.
        after: from the blocker's end to the tool's end.
        output: of a tool that failed.
    """

    operation: str
    form: str
    tool: str
    wait: float
    wait_of: str
    stalled: int
    before: float
    machine: float
    lock_wait: float
    story: str
    requests: int
    errors: int
    first_error: str
    done: bool
    attempts: int
    took: float
    after: float
    output: str


def verdict(row: Row, own: float | None) -> str:
    """Whether the aim was met, and if not, in what.

    Args:
        row: what was measured.
        own: what the same takes without a blocker; None when that is not known.
    """
    missed = []
    if row.wait > AIM:
        missed.append("wait")
    if row.errors:
        missed.append("errors")
    if not row.done:
        missed.append("not done")
    elif own is not None and row.after > PROMPT + own:
        missed.append("late")
    return f"missed: {', '.join(missed)}" if missed else "met"


def owns(rows: Sequence[Row]) -> dict[tuple[str, str], float]:
    """Seconds that each change takes with each tool when nobody is in the way."""
    return {(r.operation, r.tool): r.took for r in rows if r.form == NONE and r.done}


def table(rows: Sequence[Row]) -> str:
    """The rows as text, in columns."""
    own = owns(rows)
    head = (
        "change",
        "blocker",
        "tool",
        "longest wait",
        "for a lock",
        "machine",
        "errors",
        "done",
        "aim",
    )
    lines = [
        (
            row.operation,
            row.form,
            row.tool,
            f"{row.wait * 1000:,.0f} ms",
            f"{row.lock_wait * 1000:,.0f} ms",
            f"{row.machine * 1000:,.0f} ms",
            str(row.errors),
            f"{row.after:+.1f} s" if row.done else "no",
            verdict(row, own.get((row.operation, row.tool))),
        )
        for row in rows
    ]
    widths = [max(len(line[c]) for line in (head, *lines)) for c in range(len(head))]
    numbers = range(3, 8)
    return "\n".join(
        "  ".join(
            cell.rjust(width) if column in numbers else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in (head, *lines)
    )


def progress(row: Row) -> str:
    """A line when a measurement is over, with whatever explains it when it is bad."""
    text = f"  {row.operation} / {row.form} / {row.tool}: {row.wait * 1000:,.0f} ms ({row.wait_of})"
    text += f", {row.errors} errors, {row.took:.1f} s"
    if row.wait > AIM and row.story:
        text += f"\n    {row.lock_wait * 1000:,.0f} ms of it: {' '.join(row.story.split())}"
    for detail in (row.first_error, row.output):
        text += f"\n    {' '.join(detail.split())[-600:]}" if detail else ""
    return text
