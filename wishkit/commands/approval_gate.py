"""Before a run into an environment that asks for it: has it been approved, just as it is?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from wishkit.commands import proofs

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    import psycopg

    from wishkit.commands.migrate import Prepared
    from wishkit.commands.workspace import Workspace
    from wishkit.config import Target
    from wishkit.core.approval import Asked, InProof, Policy
    from wishkit.core.gate import Gate
    from wishkit.core.hazards.model import Hazard
    from wishkit.core.proof import Proof
    from wishkit.core.state import Ledger
    from wishkit.postgres.run import Run

    Connection = psycopg.Connection[Any]
    Judged = Mapping[str, tuple[Hazard, ...]]


@dataclass(frozen=True, slots=True)
class Approved:
    """Whether a run is approved.

    Attributes:
        gate: open or closed.
        request: the number of the request it goes through on; None where none is needed.
    """

    gate: Gate
    request: int | None


def approved(
    workspace: Workspace,
    connection: Connection,
    target: Target,
    ledger: Ledger,
    prepared: Prepared,
    *,
    verb: str,
    judged: Judged,
    accept: Sequence[str] = (),
    proof: str | None = None,
) -> Approved | None:
    """Whether a plan has the approvals that the database and its environment ask for.

    What wishkit.toml says can only add to what the database itself says. Writes nothing.

    Args:
        workspace: says where proofs of rehearsals are.
        connection: to the database.
        target: its environment.
        ledger: of the database.
        prepared: the plan.
        verb: migrate or rollback.
        judged: what it would do to tables that are not small.
        accept: rules that it may break.
        proof: a file with proofs of a rehearsal.

    Returns:
        None where nothing asks for approvals.

    Raises:
        LedgerError: the role may not read them.
    """
    from wishkit.postgres.approvals import (  # noqa: PLC0415 - heavy
        KNOWN_SINCE,
        members,
        policy,
        requests,
        suspicions,
        target_state,
    )
    from wishkit.postgres.chain import doubts  # noqa: PLC0415 - heavy

    said = policy(connection, ledger, target.name)
    if target.approvals is None and (said is None or said.role is None):
        return None
    from wishkit.core.approved import Intended, judge  # noqa: PLC0415 - only where it is asked for
    from wishkit.core.risk import highest  # noqa: PLC0415 - as above

    policy_ = said or nobody(target)
    known = ledger.version >= KNOWN_SINCE
    found = requests(connection, environment=policy_.environment, limit=1) if known else ()
    request = found[0] if found else None
    passed = request.bundle.migrations if request and request.bundle else ()
    asked = assess(
        workspace,
        connection,
        prepared,
        judged,
        proof=proof,
        rehearsed={it.id: it.checksum for it in passed if it.proof and it.proof.proven},
    )
    risk = highest([it.risk for it in asked])
    required = policy_.required(risk) if policy_.role else 0
    if target.approvals:
        required = max(required, getattr(target.approvals, risk))
    named = [it.name for it in workspace.config.environments]
    intended = Intended(
        verb,
        [step for step, _ in prepared],
        risk,
        required,
        accept,
        [it.id for it in ledger.partial],
        f"--env {target.name}" if target.name in named else "--url …",
    )
    gate = judge(
        intended,
        policy_,
        request,
        target_state(connection, ledger),
        members=members(connection, policy_.role),
        suspicions=(
            *suspicions(connection, forced=policy_.role is not None, version=ledger.version),
            *doubts(connection, request),
        )
        if known
        else (),
    )
    return Approved(gate, request.id if request and required else None)


def confirm(
    workspace: Workspace,
    run: Run,
    prepared: Prepared,
    *,
    verb: str,
    judged: Judged,
    accept: Sequence[str] = (),
    proof: str | None = None,
) -> None:
    """Under the run lock, when nothing moves any more: ask again, and keep on what it goes through.

    Raises:
        GateClosed: something has changed while it was waited for.
    """
    again = approved(
        workspace,
        run.session.connection,
        run.target,
        run.read_ledger(),
        prepared,
        verb=verb,
        judged=judged,
        accept=accept,
        proof=proof,
    )
    if again is None:
        return
    again.gate.require()
    if again.request is not None:
        from wishkit.postgres.approvals import let_through  # noqa: PLC0415 - heavy

        let_through(run.session.connection, again.request, run.recorder.run)


def nobody(target: Target) -> Policy:
    """An environment of which the database does not say who approves."""
    from wishkit.core.approval import Policy  # noqa: PLC0415 - only where it is asked for

    return Policy(target.name, None, 0, 0, 0, 0, target.approval_expires, "", _never())


def _never() -> datetime:
    from datetime import UTC, datetime  # noqa: PLC0415 - rarely needed

    return datetime.fromtimestamp(0, UTC)


def assess(
    workspace: Workspace,
    connection: Connection,
    prepared: Prepared,
    judged: Judged,
    *,
    proof: str | None = None,
    rehearsed: Mapping[str, str] | None = None,
) -> tuple[Asked, ...]:
    """Each migration of a plan with its risk and the reasons for it.

    Args:
        workspace: says where proofs of rehearsals are.
        connection: data that would go is counted on it.
        prepared: the plan.
        judged: what it would do to tables that are not small.
        proof: a file with proofs of a rehearsal.
        rehearsed: the checksums of those known to have passed one, by id.
    """
    from wishkit.core.approval import Asked  # noqa: PLC0415 - only where it is asked for
    from wishkit.core.risk import highest, reasons  # noqa: PLC0415 - the parser is heavy
    from wishkit.core.stakes import threats  # noqa: PLC0415 - as above
    from wishkit.postgres.stakes import stakes  # noqa: PLC0415 - as above

    kept = proofs.kept(proofs.proof_file(workspace.config, proof))
    threatened = threats(prepared)
    lost = stakes(connection, threatened)
    found = []
    for step, _ in prepared:
        migration = step.migration
        told = kept.get(step.id)
        if told and told.checksum != migration.checksum:
            told = None
        passed = (rehearsed or {}).get(step.id) == migration.checksum
        why = reasons(
            step,
            threats=threatened,
            stakes=lost,
            hazards=judged.get(step.id, ()),
            proof=told,
            rehearsed=told.proven if told else passed,
        )
        found.append(
            Asked(
                step.id,
                step.direction,
                migration.checksum,
                migration.header.summary,
                migration.forward.source.decode(),
                migration.backward.source.decode() if migration.backward else None,
                highest([it.risk for it in why]),
                why,
                _in_proof(told),
            )
        )
    return tuple(found)


def _in_proof(told: Proof | None) -> InProof | None:
    from wishkit.core.approval import InProof  # noqa: PLC0415 - only where it is asked for

    if told is None:
        return None
    return InProof(told.at, told.server, told.proven, told.problems, told.rows, told.seconds)
