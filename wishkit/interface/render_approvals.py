"""Requests and approvals, and what a look at the ledger found, as a person reads it on stdout."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from wishkit.interface.output import answer, count, folded, seconds, styled, width
from wishkit.interface.table import table

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from wishkit.commands.approvals import Approvers
    from wishkit.commands.requests import Requested, Requests, Standing
    from wishkit.commands.verify_ledger import VerifiedLedger
    from wishkit.core.approval import Approval, InExpected

_RISKS = {"none": "", "low": "", "medium": "bold", "high": "bold red"}
_STATES = {
    "open": "bold",
    "approved": "green",
    "done": "dim",
    "rejected": "red",
    "expired": "dim",
    "superseded": "dim",
    "altered": "bold red",
}
_SHOWN = 5  # faults that are told one by one


def render_requests(found: Requests) -> None:
    """A row a request, the newest first, with what is missing."""
    if not found.requests:
        answer("nothing was requested")
        return
    _table(
        ("request", "state", "what", "risk", "by", "until (UTC)", "approvals", "missing"),
        (_row(it) for it in found.requests),
        right=("request",),
    )


def _row(it: Standing) -> tuple[str, ...]:
    missing = f"{it.missing}: {it.who}" if it.missing and it.who else ""
    if it.state == "approved":
        missing = f"nothing: wishkit {it.verb} --env {it.environment}"
    what = f"{it.verb} {it.environment}: {_span(it.migrations)}" if it.verb else it.environment
    return (
        str(it.id),
        it.state,
        what,
        it.risk if it.verb else "?",
        it.requested_by,
        f"{it.expires_at:%Y-%m-%d %H:%M}",
        f"{len(_approved(it))} of {it.required}" if it.verb else "",
        missing,
    )


def _span(migrations: Sequence[Requested]) -> str:
    numbers = [it.id[:4] for it in migrations]
    return numbers[0] if len(numbers) == 1 else f"{numbers[0]} to {numbers[-1]}"


def _approved(it: Standing) -> list[str]:
    return [a.approver for a in it.approvals if a.verdict == "approve"]


def render_request(it: Standing) -> None:
    """One request: what, how risky and why, who approved, what is missing."""
    state = styled(it.state, _STATES[it.state], sys.stdout)
    answer(f"request {it.id}: {it.verb or '?'} {it.environment}, {state}")
    answer(f"  by {it.requested_by}, {it.requested_at:%Y-%m-%d %H:%M} UTC: {it.note}")
    answer(f"  good until {it.expires_at:%Y-%m-%d %H:%M} UTC, for a database at {_at(it)}")
    commit = f", commit {it.git_commit}" if it.git_commit else ""
    answer(f"  digest {it.digest}{commit}")
    if it.accepted:
        answer(f"  accepted: {', '.join(it.accepted)}")
    if it.backup:
        answer(f"  backup: {it.backup}")
    if it.migrations:
        answer("")
        _table(
            ("migration", "way", "risk", "rehearsed", "expected", "why"),
            (line for it_ in it.migrations for line in _reasons(it_)),
            right=(),
        )
        answer("")
    for approval in it.approvals:
        answer(_decision(approval))
    risk = styled(it.risk, _RISKS[it.risk], sys.stdout)
    answer(f"risk {risk}: {len(_approved(it))} of {count(it.required, 'approval')}")
    if it.missing:
        answer(f"missing: {it.missing}")
        answer(f"who: {it.who}")


def _at(it: Standing) -> str:
    return it.position or "base"


def _reasons(it: Requested) -> Iterable[tuple[str, ...]]:
    proof = it.proof
    rehearsed = "no" if proof is None else "yes" if proof.proven else "FAILED"
    name = it.id + (" (done)" if it.done else "")
    head = (name, it.direction, it.risk, rehearsed, _expected(it.expected))
    texts = [reason.text for reason in it.reasons] or ["locks nothing that is in use"]
    yield (*head, texts[0])
    for text in texts[1:]:
        yield ("", "", "", "", "", text)
    if it.expected:
        known = it.expected.seconds is not None
        yield ("", "", "", "", "", f"time: {'' if known else 'not known, '}{it.expected.basis}")


def _expected(it: InExpected | None) -> str:
    if it is None or it.seconds is None:
        return "" if it is None else "not known"
    return f"{'about ' if it.rough else ''}{seconds(it.seconds)}"


def _decision(it: Approval) -> str:
    word = "approved" if it.verdict == "approve" else "rejected"
    known = f" ({it.authenticated_as})" if it.authenticated_as else ""
    note = f": {it.note}" if it.note else ""
    return f"{word} by {it.approver}{known}, {it.at:%Y-%m-%d %H:%M} UTC{note}"


def render_decided(it: Standing) -> None:
    """What a decision came to."""
    last = it.approvals[-1]
    answer(f"request {it.id}: {_decision(last)}")
    if it.state == "approved":
        to = f"--env {it.environment}"
        answer(f"it has what it needs: wishkit {it.verb} {to}")
    elif it.missing:
        answer(f"missing: {it.missing}")
        answer(f"who: {it.who}")


def render_approvers(found: Approvers) -> None:
    """Who approves, and how many it takes."""
    policy = found.policy
    if policy is None:
        answer("nobody was named, and no approvals are asked for by this database")
        return
    set_by = f"set by {policy.set_by}, {policy.set_at:%Y-%m-%d %H:%M} UTC"
    if policy.role is None:
        answer(f"{policy.environment} asks for no approvals ({set_by})")
        return
    answer(f"{policy.environment}: members of {policy.role} approve ({set_by})")
    counts = ", ".join(
        f"{risk} {policy.required(risk)}" for risk in ("none", "low", "medium", "high")
    )
    answer(f"approvals by risk: {counts}")
    answer(f"members: {', '.join(found.members) or 'none that may log in'}")


def render_verified(found: VerifiedLedger) -> None:
    """What does not fit, the earliest first, and the head."""
    for it in found.faults[:_SHOWN]:
        answer(styled(f"{it.kind}: {it.text}", "bold red", sys.stdout))
    if more := found.faults[_SHOWN:]:
        answer(f"and {len(more):,} more")
    if found.kept is not None:
        answer(f"the head that was kept is entry {found.kept:,} of {found.entries:,}")
    if found.head:
        answer(f"head: {found.head}")
    if found.faults:
        answer(styled("the ledger was changed behind its back", "bold red", sys.stdout))
        return
    told = f"{found.entries:,} {'entry' if found.entries == 1 else 'entries'}"
    answer(styled(f"{told}, and nothing was changed behind them", "green", sys.stdout))
    text = (
        "who owns the ledger can write the whole chain anew: keep the head elsewhere, and ask "
        "with --head"
    )
    for line in folded(text, width(sys.stdout), 0):
        answer(line)


def _table(titles: Sequence[str], rows: Iterable[Sequence[str]], *, right: Sequence[str]) -> None:
    styles = {"risk": _RISKS, "state": _STATES}

    def paint(title: str, text: str) -> str:
        style = styles.get(title, {}).get(text.strip(), "") if title else "bold"
        return styled(text, style, sys.stdout)

    for line in table(titles, rows, width=width(sys.stdout), right=right, paint=paint):
        answer(line)
