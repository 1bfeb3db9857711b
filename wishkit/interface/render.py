"""What commands return, as a person reads it on stdout."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from wishkit.interface.output import answer, count, say, seconds, styled, width

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from wishkit.commands.audit import Audit
    from wishkit.commands.migrate import Prepared
    from wishkit.commands.report import Report
    from wishkit.commands.status import Status
    from wishkit.core.stakes import Stake

_STATE_STYLE = {
    "applied": "green",
    "pending": "bold",
    "changed": "bold red",
    "missing": "bold red",
    "partial": "bold red",
}
# What a state means that nobody wants to see, and what to do next.
_EXPLAINED = {
    "changed": "its files are not what was applied: `wishkit show ID` prints the difference",
    "missing": "applied, but its files are gone: `wishkit show ID` prints them as applied",
    "partial": "it stopped part-way: the next run goes on from there",
}
# A table of hundreds of rows is read by nobody; what a person then looks for is what took long.
MANY = 100
SLOWEST = 20
_DONE = {"migrate": "applied", "rollback": "rolled back"}


def render_report(report: Report) -> None:
    """What a run did, where the database stands now, and how to look at it."""
    for note in report.notes:
        answer(f"note: {note}")
    if not report.done:
        if report.error is None:
            answer(f"nothing to do: the database is {_at(report.position)}")
        return
    shown = report.done
    if len(shown) > MANY:
        shown = tuple(sorted(shown, key=lambda done: -done.seconds)[:SLOWEST])
        answer(f"the {SLOWEST} slowest of {len(report.done):,}:\n")
    print_table(
        ("migration", "time", "what it does" if report.verb == "migrate" else "what was undone"),
        ((done.id, seconds(done.seconds), done.summary) for done in shown),
        right=("time",),
    )
    total = seconds(sum(done.seconds for done in report.done))
    pending = f", {report.pending} pending" if report.pending else ""
    if report.verdicts:
        from wishkit.interface.render_probes import sentence  # noqa: PLC0415 - only with --verify

        answer(f"\nverified: {sentence(report.verdicts)}")
    answer(f"\n{count(len(report.done), 'migration')} {_DONE[report.verb]} in {total}")
    answer(f"the database is {_at(report.position)}{pending}")
    if report.url and report.error is None:
        answer(f"connect with: psql '{report.url}'")


def render_status(status: Status) -> None:
    """Every migration and its state."""
    print_table(
        ("migration", "state", "when (UTC)", "took", "by", "what it does"),
        (
            (
                row.id,
                row.state.value,
                f"{row.applied_at:%Y-%m-%d %H:%M:%S}" if row.applied_at else "",
                "" if row.seconds is None else seconds(row.seconds),
                row.applied_by or "",
                row.summary + (f" [{row.note}]" if row.note else ""),
            )
            for row in status.migrations
        ),
        right=("took",),
        style=lambda title, text: _STATE_STYLE.get(text, "") if title == "state" else "",
    )
    counts = ", ".join(f"{number:,} {state}" for state, number in status.counts.items())
    answer(f"\n{counts or 'no migrations'}\nthe database is {_at(status.position)}")
    for state in filter(status.counts.get, _EXPLAINED):
        answer(f"{state}: {_EXPLAINED[state]}")


def render_rollback_plan(prepared: Prepared, stakes: Sequence[Stake]) -> None:
    """What is about to be undone, newest first, and which data goes with it; on stderr."""
    say(styled("to be rolled back, newest first:", "bold", sys.stderr))
    for step, _ in prepared:
        say(f"  {step.id}" + (f" ({step.why})" if step.why else ""))
    if not stakes:
        say("no rows are at stake")
        return
    say(styled("data that would be lost:", "bold red", sys.stderr))
    for stake in stakes:
        say(f"  {describe_stake(stake)}")


def describe_stake(stake: Stake) -> str:
    """Data that would be lost, in one line."""
    about = "" if stake.exact else "about "
    what = f"{stake.kind} {stake.name}" if stake.kind != "rows" else f"rows of {stake.name}"
    return f"{what}: {about}{count(stake.rows, 'row')} (by {stake.migration})"


def _at(position: str | None) -> str:
    return f"at {position}" if position else "empty: nothing is applied"


def render_audit(audit: Audit) -> None:
    """What was changed outside wishkit, newest first."""
    if audit.noted:
        print_table(
            ("when", "who", "with", "command", "on"),
            (
                (
                    f"{it.at:%Y-%m-%d %H:%M:%S}",
                    f"{it.role} as {it.acting_as}" if it.acting_as else it.role,
                    it.application or "",
                    it.tag,
                    f"{it.object_type} {it.object_identity}",
                )
                for it in audit.noted
            ),
            right=(),
        )
    else:
        answer("nothing was noted")
    answer(f"\nthe audit is {'on' if audit.on else 'off'}")


def print_table(
    titles: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    right: Sequence[str],
    style: Callable[[str, str], str] = lambda *_: "",
) -> None:
    """Columns as wide as the screen allows; see `table`."""
    from wishkit.interface.table import table  # noqa: PLC0415 - not when there is nothing to do

    def paint(title: str, text: str) -> str:
        return styled(text, style(title, text.strip()) if title else "bold", sys.stdout)

    for line in table(titles, rows, width=width(sys.stdout), right=right, paint=paint):
        answer(line)
