"""Ask for approvals: freeze what would run, and the state of the database it was planned for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from wishkit import __version__
from wishkit.commands import hazards
from wishkit.commands.approval_gate import assess
from wishkit.commands.backup_gate import last_backup
from wishkit.commands.expectation import attempts_elsewhere, outlook
from wishkit.commands.migrate import pending, prepare
from wishkit.commands.requests import Standing, standing
from wishkit.commands.rollback import chosen, planned, refuse_unclear
from wishkit.core.approval import FORMAT, Bundle, InExpected, plan_digest
from wishkit.core.risk import highest
from wishkit.errors import GateClosed, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import psycopg

    from wishkit.commands.migrate import Prepared
    from wishkit.commands.workspace import Workspace
    from wishkit.config import Target
    from wishkit.core.approval import Policy
    from wishkit.core.state import Ledger
    from wishkit.core.timing import PastAttempt

    Connection = psycopg.Connection[Any]


def request(
    workspace: Workspace,
    *,
    note: str,
    to: str | None = None,
    rollback_to: str | None = None,
    steps: int | None = None,
    allow_out_of_order: bool = False,
    allow_missing: bool = False,
    accept: Sequence[str] = (),
    proof: str | None = None,
) -> Standing:
    """Freeze a plan in the ledger of the database it is for, so that others can approve it.

    The other environments are asked how long it took there; one that is down is done without.

    Args:
        workspace: project and database.
        note: why; what who approves reads first.
        to: migrate up to this one; all that is pending when nothing is said.
        rollback_to: roll back everything applied after this one; ``base`` for all.
        steps: roll back this many.
        allow_out_of_order: as for migrate and rollback.
        allow_missing: as for migrate.
        accept: rules about large tables that may be broken, as for migrate and rollback.
        proof: the file with what rehearsals have found; that of the configuration when None.

    Returns:
        The request as it stands.

    Raises:
        UsageError: ``reason-missing``, ``nothing-to-request`` or ``two-directions``.
        GateClosed: ``no-approvers``.
        WishkitError: nothing was recorded.
    """
    if not note.strip():
        raise UsageError(
            "say why: --note is empty",
            code="reason-missing",
            help='for example --note "release 2.4, ticket 1187"',
        )
    hazards.check(accept)
    backward = rollback_to is not None or steps is not None
    if backward:
        refuse_unclear(to=rollback_to, steps=steps)
        if to is not None:
            raise UsageError(
                "--to asks for migrate; --rollback-to and --steps ask for rollback",
                code="two-directions",
                help="ask for one of the two",
            )
    verb: Literal["migrate", "rollback"] = "rollback" if backward else "migrate"
    migrations = workspace.migrations()

    def plan(ledger: Ledger) -> Prepared:
        if backward:
            wanted = chosen(ledger, migrations, to=rollback_to, steps=steps)
            return planned(connection, migrations, ledger, wanted, allow=allow_out_of_order)
        return prepare(
            pending(
                connection,
                migrations,
                ledger,
                to=to,
                allow_out_of_order=allow_out_of_order,
                allow_missing=allow_missing,
            )
        )

    with workspace.connect("request", writes=True) as (connection, target, server):
        from wishkit.postgres.approvals import (  # noqa: PLC0415 - heavy
            add_request,
            members,
            policy,
            requests,
            target_state,
        )
        from wishkit.postgres.ledger import read_ledger  # noqa: PLC0415
        from wishkit.postgres.online import refuse_on_partitioned  # noqa: PLC0415
        from wishkit.postgres.origin import git_commit  # noqa: PLC0415
        from wishkit.postgres.run import open_run  # noqa: PLC0415

        ledger = read_ledger(connection)
        said = _policy(policy(connection, ledger, target.name), target)
        _refuse_nothing(first := plan(ledger), target)
        ids = [step.id for step, _ in first]
        others, silent = attempts_elsewhere(workspace.config, ids, but=target.name)
        with open_run(
            connection, target, verb="request", reason=note, listener=workspace.listener
        ) as run:
            prepared = plan(run.ledger)
            _refuse_nothing(prepared, target)
            refuse_on_partitioned(connection, prepared)
            judged = hazards.judge(connection, target, prepared, accept)
            hazards.refuse(judged)
            asked = assess(workspace, connection, prepared, judged, proof=proof)
            risk = highest([it.risk for it in asked])
            required = said.required(risk)
            if target.approvals:
                required = max(required, getattr(target.approvals, risk))
            bundle = Bundle(
                FORMAT,
                said.environment,
                server.database,
                verb,
                asked,
                plan_digest(step for step, _ in prepared),
                target_state(connection, run.read_ledger()),
                risk,
                required,
                said.role,
                tuple(accept),
                note,
                git_commit(),
                __version__,
                _timings(connection, target, prepared, others, silent),
                last_backup(connection, server, run.ledger),
            )
            number = add_request(connection, bundle, expires=target.approval_expires)
            (found,) = requests(connection, id_=number)
            return standing(found, said, members(connection, said.role))


def _timings(
    connection: Connection,
    target: Target,
    prepared: Prepared,
    others: Sequence[PastAttempt],
    silent: Sequence[str],
) -> dict[str, InExpected]:
    """How long each may take here, by what is known now."""
    from wishkit.postgres.history import read_attempts  # noqa: PLC0415 - heavy

    ids = [step.id for step, _ in prepared]
    attempts = (*others, *read_attempts(connection, target.name, ids))
    down = f"; no answer from {', '.join(silent)}" if silent else ""
    return {
        it.id: InExpected(
            None if it.seconds is None else round(it.seconds, 3),
            it.rough,
            it.words + (down if it.seconds is None else ""),
        )
        for it in outlook(connection, prepared).expected(attempts)
    }


def _policy(said: Policy | None, target: Target) -> Policy:
    if said is None or said.role is None:
        raise GateClosed(
            f"nobody may approve for {target.name}",
            code="no-approvers",
            help="let the owner of the ledger name the role of those who approve: "
            f"wishkit approvers {target.name} ROLE",
            state="nothing was recorded",
        )
    return said


def _refuse_nothing(prepared: Prepared, target: Target) -> None:
    if not prepared:
        raise UsageError(
            f"there is nothing to run on {target.name}, so nothing to approve",
            code="nothing-to-request",
            help="wishkit status shows it",
            state="nothing was recorded",
        )
