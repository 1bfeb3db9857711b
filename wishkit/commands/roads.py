"""From each environment to the next: what would be promoted, and which gates it would meet.

``promote`` asks them all, and of the databases themselves; here are those that can be told from
what was seen anyway. None of them takes a rehearsal, a lock, or a look at the catalog.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from wishkit.commands.proofs import bases, why_not
from wishkit.core.gate import Gate
from wishkit.core.promotion import (
    applied_gate,
    between,
    order_gate,
    soaked_gate,
    window_gate,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from wishkit.commands.insight import Insight
    from wishkit.commands.matrix import EnvironmentStatus
    from wishkit.config import Config, Environment
    from wishkit.core.migration import Migration
    from wishkit.core.promotion import Between
    from wishkit.core.proof import Proof

# Asked by promote alone: they need the database, or a throwaway one.
LEFT_OUT = ("verified", "rehearsal", "hazards")


@dataclass(frozen=True, slots=True)
class Seen:
    """One environment, as far as a road needs it.

    Attributes:
        status: how it is.
        insight: what its ledger knows.
        now: by our clock, in UTC.
    """

    status: EnvironmentStatus
    insight: Insight
    now: datetime


@dataclass(frozen=True, slots=True)
class Road:
    """What would be carried from one environment to the next.

    Attributes:
        source: name of the one.
        target: name of the next.
        ids: what would be promoted, in order.
        behind: what is pending in the target and not yet in the source.
        gates: as far as they can be told without asking anybody; empty where nothing would be
            promoted.
    """

    source: str
    target: str
    ids: tuple[str, ...] = ()
    behind: tuple[str, ...] = ()
    gates: tuple[Gate, ...] = ()

    @property
    def closed(self) -> tuple[Gate, ...]:
        """The gates that are."""
        return tuple(it for it in self.gates if not it.passed)


def roads(
    config: Config,
    seen: Mapping[str, Seen],
    files: Mapping[str, Migration],
    proofs: Mapping[str, Proof],
) -> tuple[Road, ...]:
    """The roads between environments that were both seen, in the order of wishkit.toml."""
    found = []
    for source, target in pairwise(config.environments):
        if source.name in seen and target.name in seen:
            here, there = seen[source.name], seen[target.name]
            found.append(_road(target, (here, there), files, proofs))
    return tuple(found)


def _road(
    target: Environment,
    seen: tuple[Seen, Seen],
    files: Mapping[str, Migration],
    proofs: Mapping[str, Proof],
) -> Road:
    here, there = seen
    known = {it.id for it in there.insight.ledger.records}
    pending = [it for it in files if it not in known]
    asked = between(here.status.name, target.name, here.insight.ledger, pending)
    gates = tuple(_gates(asked, target, seen, files, proofs)) if asked.ids else ()
    return Road(asked.source, asked.target, asked.ids, asked.behind, gates)


def _gates(
    asked: Between,
    target: Environment,
    seen: tuple[Seen, Seen],
    files: Mapping[str, Migration],
    proofs: Mapping[str, Proof],
) -> Iterator[Gate]:
    here, there = seen
    source, ledger = here.insight.ledger, there.insight.ledger
    yield order_gate(asked, source, ledger)
    yield applied_gate(asked, source, files)
    applied = {it.id for it in source.records}
    if target.soak and {*asked.ids} <= applied:
        yield soaked_gate(asked, source, soak=target.soak, now=here.now)
    if target.rehearsed:
        yield _proof(asked, files, proofs)
    if there.status.drift:
        yield _drift(there.status)
    if there.status.backup_gate:
        yield there.status.backup_gate
    approvals = _approvals(asked, target, there.insight)
    if approvals:
        yield approvals
    if target.windows or target.freeze:
        yield window_gate(asked, target.windows, target.freeze, now=there.now)


def _proof(asked: Between, files: Mapping[str, Migration], proofs: Mapping[str, Proof]) -> Gate:
    told = bases(tuple(files.values()))
    wrong = [
        f"{it}: {why}"
        for it in asked.ids
        if (why := why_not(proofs.get(it), files[it], told.get(it)))
    ]
    if not wrong:
        return Gate("proof", passed=True, found="rehearsed with rows, as they are now")
    return Gate(
        "proof",
        passed=False,
        found=wrong[0] + (f" (and {len(wrong) - 1} more)" if wrong[1:] else ""),
        missing="a rehearsal that passes",
        who="anybody: wishkit rehearse --pending",
    )


def _drift(status: EnvironmentStatus) -> Gate:
    drift = status.drift
    if drift is None or drift.state == "unknown":
        why = drift.why if drift else "it could not be asked"
        who = f"anybody: wishkit check --env {status.name}"
        return Gate("drift", passed=False, found=f"not known: {why}", missing="a look", who=who)
    if not drift.fails:
        return Gate("drift", passed=True, found=f"{status.name} is as the last run left it")
    first, *others = drift.drifts
    return Gate(
        "drift",
        passed=False,
        found=first.text + (f" (and {len(others)} more)" if others else ""),
        missing="the schema as its migrations make it",
        who=f"who changed it: wishkit check --env {status.name} --sql mends it",
    )


def _approvals(asked: Between, target: Environment, insight: Insight) -> Gate | None:
    """By the newest request alone; whether it still is what would run is looked at by promote."""
    if insight.policy is None and target.approvals is None:
        return None
    request = f"wishkit request {target.name} --note …"
    for it in insight.requests[:1]:
        covered = {*asked.ids} <= {one.id for one in it.migrations}
        if it.environment != target.name or not covered or it.state == "done":
            continue
        by = ", ".join(one.approver for one in it.approvals if one.verdict == "approve")
        found = f"request {it.id} is {it.state}" + (f", approved by {by}" if by else "")
        passed = it.state == "approved"
        missing, who = (None, None) if passed else (it.missing, it.who)
        return Gate("approvals", passed=passed, found=found, missing=missing, who=who)
    return Gate(
        "approvals",
        passed=False,
        found="nobody has requested it",
        missing="a request, and who approves it",
        who=f"whoever wants it: {request}",
    )


def seen_of(
    statuses: Sequence[EnvironmentStatus], insights: Mapping[str, Insight], now: datetime
) -> dict[str, Seen]:
    """Those that could be looked at, by name."""
    return {
        it.name: Seen(it, insights[it.name], now)
        for it in statuses
        if it.error is None and it.name in insights
    }
