"""How much could go wrong with a migration, told by what it locks, changes and destroys."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from wishkit.core.outline import outline, with_measured

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from wishkit.core.hazards.model import Hazard
    from wishkit.core.outline import Outline
    from wishkit.core.plan import Step
    from wishkit.core.proof import Proof
    from wishkit.core.stakes import Stake, Threat

Risk = Literal["none", "low", "medium", "high"]
RISKS: tuple[Risk, ...] = ("none", "low", "medium", "high")  # the least first

_CHANGES_ROWS = ("UPDATE", "MERGE")
# What locks no relation and makes something that nobody uses yet, or changes nothing at all.
_HARMLESS = ("CREATE", "COMMENT", "SELECT", "SET")
_MAY_REPLACE = {"FUNCTION", "PROCEDURE", "EXTENSION"}


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a migration is no smaller a risk.

    Attributes:
        risk: that it alone would be.
        text: what there is to say, without a subject.
    """

    risk: Risk
    text: str


def highest(risks: Sequence[Risk]) -> Risk:
    """The highest of several; none where there is none."""
    return max(risks, key=RISKS.index, default="none")


def reasons(
    step: Step,
    *,
    threats: Sequence[Threat],
    stakes: Sequence[Stake],
    hazards: Sequence[Hazard],
    proof: Proof | None,
    rehearsed: bool,
) -> tuple[Reason, ...]:
    """Why a step of a plan is a risk, the highest first; empty where it is none.

    Args:
        step: what would run.
        threats: what the plan removes, as far as its text tells.
        stakes: of that, where data is now.
        hazards: what it would do to tables that are not small.
        proof: of a rehearsal of these very texts, where it can be read.
        rehearsed: they have passed one, whether or not its proof can be read here.

    Raises:
        MigrationFileError: the text cannot work.
    """
    outlined = outline(step)
    if proof:
        forward = step.direction == "forward"
        measured = proof.statements if forward else proof.backward_statements
        outlined = with_measured(outlined, measured)
    found = [
        *_destroys(step, threats, stakes),
        *(Reason("high", f"{it.rule}: {it.what}") for it in hazards if it.refused),
        *_of_whole(step, proof),
        *(reason for it in outlined for reason in _of_statement(it, rehearsed=rehearsed)),
    ]
    once = dict.fromkeys(found)
    return tuple(sorted(once, key=lambda it: -RISKS.index(it.risk)))


def _destroys(step: Step, threats: Sequence[Threat], stakes: Sequence[Stake]) -> Iterator[Reason]:
    held = set()
    for it in stakes:
        if it.migration == step.id:
            held.add(it.name)
            about = "" if it.exact else "about "
            rows = f"{about}{it.rows:,} row{'' if it.rows == 1 else 's'}"
            what = f"the rows of {it.name}" if it.kind == "rows" else f"the {it.kind} {it.name}"
            yield Reason("high", f"destroys {what}: {rows}")
    for threat in threats:
        name = ".".join(filter(None, (threat.schema, threat.name, threat.column)))
        if threat.migration == step.id and name not in held:
            kind = "rows of" if threat.kind == "rows" else threat.kind
            yield Reason("medium", f"removes the {kind} {name}: no data there now")


def _of_whole(step: Step, proof: Proof | None) -> Iterator[Reason]:
    if step.direction == "forward" and step.migration.backward is None:
        yield Reason("high", f"has no way back: {step.migration.header.irreversible or 'no file'}")
    if proof and not proof.proven:
        yield Reason("high", f"failed its rehearsal: {proof.problems[0]}")
    if step.batched:
        yield Reason("medium", "changes rows in batches, each a transaction of its own")
    elif not step.transactional:
        yield Reason("medium", "is no single transaction: it can stop part-way")


def _of_statement(it: Outline, *, rehearsed: bool) -> Iterator[Reason]:
    yield from _seen(it)
    if not it.known:
        text = f"{it.command}: only running it tells what it does"
        seen = "; a rehearsal has run it" if rehearsed else ""
        yield Reason("medium" if rehearsed else "high", text + seen)
        return
    for table in it.rewrites:
        yield Reason("medium", f"writes {table} anew")
    if it.command.split(" ", 1)[0] in _CHANGES_ROWS:
        yield Reason("medium", f"changes rows of {it.subject}")
    on = it.locks[0].relation if it.locks else it.subject
    if it.blocks_writes:
        stops = "reads and writes" if it.blocks_reads else "writes"
        yield Reason("medium", f"stops {stops} of {on} ({it.lock})")
    elif it.lock is not None and it.lock != "ACCESS SHARE":
        yield Reason("low", f"touches {on} ({it.lock}), and nobody waits")
    elif not it.command.startswith(_HARMLESS) or _MAY_REPLACE & {*it.command.split()}:
        yield Reason("low", f"{it.command} {it.subject}".rstrip())


def _seen(it: Outline) -> Iterator[Reason]:
    """What it was seen to do in a rehearsal."""
    if it.measured is None:
        return
    for table in it.measured.rewrites:
        yield Reason("medium", f"writes {table} anew")
    for lock in it.measured.locks:
        if lock.kind == "table" and lock.strength.blocks_writes:
            stops = "reads and writes" if lock.strength.blocks_reads else "writes"
            yield Reason("medium", f"stops {stops} of {lock.relation} ({lock.mode})")
