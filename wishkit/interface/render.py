"""What commands return, as a person reads it on stdout."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wishkit.interface.output import answer, console, seconds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wishkit.commands.migrate import Prepared
    from wishkit.commands.report import Report
    from wishkit.commands.status import Status
    from wishkit.core.stakes import Stake

_STATE_STYLE = {
    "applied": "green",
    "pending": "yellow",
    "changed": "bold red",
    "missing": "red",
    "partial": "bold yellow",
}
# A table of hundreds of rows is read by nobody; what a person then looks for is what took long.
MANY = 100
SLOWEST = 20
_DONE = {"migrate": "applied", "rollback": "rolled back"}


def render_report(report: Report) -> None:
    """What a run did, where the database stands now, and how to look at it."""
    for note in report.notes:
        answer(f"note: {note}")
    at = f"at {report.position}" if report.position else "empty: nothing is applied"
    if not report.done:
        if report.error is None:
            answer(f"nothing to do: the database is {at}")
        return
    from rich.table import Table  # noqa: PLC0415 - heavy

    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("migration", no_wrap=True)
    table.add_column("what it does" if report.verb == "migrate" else "what was undone")
    table.add_column("statements", justify="right")
    table.add_column("time", justify="right", no_wrap=True)
    shown = report.done
    if len(shown) > MANY:
        shown = tuple(sorted(shown, key=lambda done: -done.seconds)[:SLOWEST])
        answer(f"the {SLOWEST} slowest of {len(report.done):,}:\n")
    for done in shown:
        table.add_row(done.id, done.summary, str(done.statements), seconds(done.seconds))
    console(stderr=False).print(table)
    count = f"{len(report.done):,} migration{'s' if report.done[1:] else ''}"
    total = seconds(sum(d.seconds for d in report.done))
    pending = f", {report.pending} pending" if report.pending else ""
    answer(f"\n{count} {_DONE[report.verb]} in {total}; the database is {at}{pending}")
    if report.url and report.error is None:
        answer(f"connect with: psql '{report.url}'")


def render_status(status: Status) -> None:
    """Every migration and its state."""
    from rich.table import Table  # noqa: PLC0415 - heavy
    from rich.text import Text  # noqa: PLC0415 - heavy

    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("migration", no_wrap=True)
    table.add_column("state", no_wrap=True)
    table.add_column("when (UTC)", no_wrap=True)
    table.add_column("by", no_wrap=True)
    table.add_column("took", justify="right", no_wrap=True)
    table.add_column("what it does")
    for row in status.migrations:
        what = row.summary + (f" [{row.note}]" if row.note else "")
        table.add_row(
            row.id,
            Text(row.state.value, _STATE_STYLE[row.state.value]),
            f"{row.applied_at:%Y-%m-%d %H:%M:%S}" if row.applied_at else "",
            row.applied_by or "",
            "" if row.seconds is None else seconds(row.seconds),
            what,
        )
    console(stderr=False).print(table)
    counts = ", ".join(f"{count} {state}" for state, count in status.counts.items())
    at = f"at {status.position}" if status.position else "empty"
    answer(f"\n{counts or 'no migrations'}; the database is {at}")


def render_rollback_plan(prepared: Prepared, stakes: Sequence[Stake]) -> None:
    """What is about to be undone, newest first, and which data goes with it."""
    screen = console(stderr=True)
    screen.print("to be rolled back, newest first:", style="bold")
    for step, batches in prepared:
        last = batches[-1].last
        count = f"{last} statement{'s' if last > 1 else ''}"
        screen.print(f"  {step.id}  ({count}, from the {step.source})")
    if not stakes:
        screen.print("no rows are at stake")
        return
    screen.print("data that would be lost:", style="bold red")
    for stake in stakes:
        about = "" if stake.exact else "about "
        screen.print(
            f"  {stake.kind} {stake.name}: {about}{stake.rows:,} rows (by {stake.migration})"
        )
