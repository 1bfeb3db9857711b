"""A promotion, gate by gate, as a person reads it on stdout."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from wishkit.interface.errors import print_error
from wishkit.interface.output import answer, count, seconds, styled
from wishkit.interface.render import print_table, render_report

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wishkit.commands.promote import Promotion
    from wishkit.commands.review import Review
    from wishkit.core.gate import Gate

_NOTHING = "nothing has to be acknowledged"
_STYLES = {"open": "green", "warns": "bold", "CLOSED": "bold red", "SKIPPED": "bold red"}


def render_promotion(it: Promotion) -> None:
    """What would travel, every gate, and what came of it."""
    answer(styled(f"{it.source} → {it.environment}", "bold", sys.stdout))
    if not it.gates and not it.error:
        answer(f"nothing to promote: {it.environment} has all that {it.source} has")
        if it.behind:
            answer(f"not applied in {it.source} either: {', '.join(it.behind)}")
        return
    for migration in it.migrations:
        answer(f"  {migration.id}: {migration.summary}")
    if it.gates:
        answer("")
        print_table(
            ("gate", "is", "because; what is missing, and who can give it"),
            (row for gate in it.gates for row in rows(it, gate)),
            right=(),
            style=lambda title, text: _STYLES.get(text, "") if title == "is" else "",
        )
    _hooks(it)
    answer("")
    if it.report:
        render_report(it.report)
    if it.smoke:
        passed = sum(verdict.passed for verdict in it.smoke.verdicts)
        answer(f"smoke: {passed} of {count(len(it.smoke.verdicts), 'probe')} passed")
    if it.error:
        print_error(it.error)
    answer(verdict(it))
    if it.way_back:
        answer(f"{way_back_words(it)}: {it.way_back}")


def _hooks(it: Promotion) -> None:
    for hook in it.hooks:
        ended = "" if hook.passed else ", failed"
        answer(f"\nhook {hook.stage}: {hook.run} ({seconds(hook.seconds)}{ended})")
        for line in hook.output:
            answer(f"  {line}")


def rows(it: Promotion, gate: Gate) -> Iterator[tuple[str, str, str]]:
    """One gate: a line where it is open, up to three where it is not."""
    opened = "warns" if gate.warns else "open"
    state = opened if gate.passed else "SKIPPED" if gate.name in it.skipped else "CLOSED"
    yield gate.name, state, gate.found
    if gate.passed:
        return
    if gate.missing:
        yield "", "", f"missing: {gate.missing}"
    for number, line in enumerate((gate.who or "").splitlines()):
        yield "", "", f"{'     ' if number else 'who: '}{line}"


def verdict(it: Promotion) -> str:
    """One sentence: what it came to."""
    if it.skipped:
        loud = f"past {', '.join(it.skipped)}: {it.emergency}"
        if not it.error and not it.closed and not it.dry_run:
            todo = f"somebody has to acknowledge it: wishkit ledger review --env {it.environment}"
            return f"promoted in an EMERGENCY, {loud}\n{todo}"
    if it.error and it.report and it.report.error is None:
        return f"all of it is applied in {it.environment}; what comes after that failed"
    if it.error:
        return f"{it.environment} has not got all of it"
    if it.closed:
        names = ", ".join(gate.name for gate in it.closed)
        return f"nothing was run: {count(len(it.closed), 'gate')} closed ({names})"
    if it.dry_run:
        return f"nothing was run; it would go through: wishkit promote {it.source} {it.environment}"
    return f"{count(len(it.migrations), 'migration')} promoted from {it.source} to {it.environment}"


def way_back_words(it: Promotion) -> str:
    """What is known of the way back."""
    rehearsed = any(gate.name == "rehearsal" and gate.passed for gate in it.gates)
    return f"the way back, {'as it was rehearsed' if rehearsed else 'which was not rehearsed'}"


def render_review(found: Review) -> None:
    """A paragraph each, the newest first."""
    if found.acknowledged is not None:
        answer(f"promotion {found.acknowledged} is acknowledged")
    if not found.emergencies:
        answer("nothing more has to be acknowledged" if found.acknowledged else _NOTHING)
    for it in found.emergencies:
        when = f"{it.promoted_at:%Y-%m-%d %H:%M} UTC"
        state = "acknowledged" if it.acknowledged_by else "NOT ACKNOWLEDGED"
        style = "dim" if it.acknowledged_by else "bold red"
        answer(f"promotion {it.id}: {styled(state, style, sys.stdout)}")
        answer(f"  {it.source} → {it.environment} by {it.promoted_by}, {when}")
        answer(f"  past {', '.join(it.skipped)}: {it.reason}")
        answer(f"  {', '.join(it.migrations)}")
        if it.acknowledged_by and it.acknowledged_at:
            seen = f"{it.acknowledged_at:%Y-%m-%d %H:%M} UTC"
            answer(f"  by {it.acknowledged_by}, {seen}: {it.note}")
        else:
            answer(f"  look at it, then: wishkit ledger review --ack {it.id} --note …")
