"""What runs right now, as lines that a person reads."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, NamedTuple

from wishkit.core.live import Doing
from wishkit.interface.meter import Meter
from wishkit.interface.output import count, styled, whole_seconds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wishkit.core.events import Blocker
    from wishkit.core.live import EndedRun, Live, Running, Waiter

_SHOWN = 12  # who waits, and who is waited for
_OUTCOMES = {"done": "green", "failed": "bold red", "partial": "bold red", "gone": "bold red"}
_ENDS = {
    "done": "ended well",
    "failed": "failed",
    "partial": "stopped part-way",
    "interrupted": "was interrupted",
    "unknown": "lost its connection, and does not know how it ended",
    "lost": "was lost: it never said how it ended",
    "gone": "is gone and never said how it ended; the next run finds out",
}
_DOING = {
    Doing.PREPARING: "has the run lock and prepares",
    Doing.BETWEEN: "between migrations",
    Doing.ORPHANED: "its client is gone; the server is still at it",
    Doing.UNSEEN: "has not ended",
}


class Line(NamedTuple):
    """A line, and in which style it is shown."""

    text: str
    style: str = ""

    def styled(self) -> str:
        """As it goes to stdout."""
        return styled(self.text, self.style, sys.stdout)


def running_lines(live: Live, meters: dict[int | None, Meter] | None = None) -> Iterator[Line]:
    """The whole picture.

    Args:
        live: one look.
        meters: of the runs, from earlier looks; kept here.
    """
    for run in live.running:
        yield from _run(run, meters)
    for queued in live.queued:
        who = f"{queued.verb} by {queued.os_user} on {queued.host}, pid {queued.pid}"
        yield Line(f"waits for the run lock: {who}{_for(queued.seconds)}")
    if live.unlooked:
        yield Line(f"{count(live.unlooked, 'session')} more wait for locks; too many to look at")
    if not live.running and not live.queued:
        yield Line("nothing runs")
    if live.ended and not live.running:
        yield from _ended(live.ended)
    for text in live.advice:
        yield Line(f"note: {text}", "dim")


def running_words(run: Running) -> str:
    """One line of it: who, what, how far, and how many wait."""
    told = [_who(run)]
    if run.migration:
        told.append(_migration(run))
    if (doing := _DOING.get(run.doing)) and run.doing is not Doing.BETWEEN:
        told.append(doing)
    if run.fraction is not None:
        told.append(f"{run.fraction:.0%} done")
    if run.blockers:
        told.append(f"waits for {run.blockers[0]}")
    if run.waiters:
        told.append(f"{count(len(run.waiters), 'session')} behind it")
    return "; ".join(told)


def _run(run: Running, meters: dict[int | None, Meter] | None) -> Iterator[Line]:
    yield Line(_who(run), "bold")
    doing = _DOING.get(run.doing)
    if run.migration:
        yield Line(f"  {_migration(run)}")
    if doing and (run.doing is not Doing.BETWEEN or not run.migration):
        yield Line(f"  {doing}")
    if run.progress:
        yield from (Line(f"  {text}") for text in _meter(run, meters).lines())
    if run.blockers:
        queueing = ", without queueing," if run.doing is Doing.GATE else ""
        yield Line(f"  waits{queueing} for:")
        yield from _tree(run, {b.pid: _blocker(b) for b in run.blockers}, up=True)
    elif run.doing in {Doing.WAITING, Doing.GATE}:
        yield Line("  waits for a lock")
    if run.waiters:
        verb = "waits" if len(run.waiters) == 1 else "wait"
        yield Line(f"  {len(run.waiters)} {verb} for it:", "bold red")
        yield from _tree(run, {w.pid: _waiter(w) for w in run.waiters}, up=False)


def _who(run: Running) -> str:
    words = [f"run {run.run}: {run.verb}" if run.run else run.verb or "somebody"]
    words += [f"of {run.environment}"] if run.environment else []
    words += [f"by {run.os_user} on {run.host}"] if run.os_user else []
    words += [f"as {run.role}"] if run.role else []
    pid = "" if run.pid is None else f", pid {run.pid}"
    return f"{' '.join(words)}{pid}{_for(run.seconds)}"


def _migration(run: Running) -> str:
    place = f"{run.position}/{run.total} " if run.position else ""
    back = " backward" if run.direction == "backward" else ""
    text = f"{place}{run.migration}{back}"
    if (at := run.at) is None:
        return text
    if at.first is not None:
        last = f"-{at.last:,}" if at.last and at.last > at.first else ""
        text += f", statement {at.first:,}{last} of {at.statements:,}"
    if at.seconds is not None:
        text += f", {whole_seconds(at.seconds)}"
    return f"{text}: {at.sql}" if at.sql else text


def _meter(run: Running, meters: dict[int | None, Meter] | None) -> Meter:
    if run.progress is None:
        raise ValueError("nothing is counted")
    known = (meters or {}).get(run.run)
    if known and known.told.id == run.progress.id:
        known.tell(run.progress)
        return known
    made = Meter.of(run.progress)
    if meters is not None:
        meters[run.run] = made
    return made


def _tree(run: Running, who: dict[int, str], *, up: bool) -> Iterator[Line]:
    """Those next to the run, and below each those behind it; each once."""
    left = dict(who)

    def below(pid: int | None, depth: int) -> Iterator[Line]:
        for edge in run.edges:
            near, far = (edge.waiter, edge.blocker) if up else (edge.blocker, edge.waiter)
            if near == pid and (text := left.pop(far, None)):
                verb = "which waits for " if up else "behind it "
                yield Line(f"    {'  ' * depth}{verb if depth else ''}{text}")
                yield from below(far, depth + 1)

    lines = [*below(run.pid, 0), *(Line(f"    {text}") for text in left.values())]
    yield from lines[:_SHOWN]
    if more := len(lines) - _SHOWN:
        yield from [Line(f"    and {more} more")] if more > 0 else []


def _blocker(it: Blocker) -> str:
    return str(it)


def _waiter(it: Waiter) -> str:
    parts = [f"pid {it.pid}", f"role {it.role}" if it.role else None, it.application]
    parts += [f"{it.seconds:.1f} s", f"{it.mode} on {it.relation}" if it.mode else None]
    text = ", ".join(part for part in parts if part)
    return f"{text}: {it.sql[:80]}" if it.sql else text


def _ended(it: EndedRun) -> Iterator[Line]:
    who = f" by {it.os_user} on {it.host}" if it.os_user else ""
    when = "" if it.ago is None else f" {whole_seconds(it.ago)} ago"
    done = f", {count(it.done, 'migration')} done" if it.done else ""
    style = _OUTCOMES.get(it.outcome, "")
    yield Line(
        f"run {it.run}, {it.verb}{who}, {_ENDS.get(it.outcome, it.outcome)}{when}{done}", style
    )
    if it.message:
        yield Line(f"  {it.migration}: {it.message}", style)


def _for(seconds: float | None) -> str:
    return "" if seconds is None else f", for {whole_seconds(seconds)}"
