"""Approve or reject what was requested, and say who may."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from wishkit.commands.requests import altered, connected, found, policy_of, standing
from wishkit.config import Approvals
from wishkit.core.approval import Policy, intact
from wishkit.errors import GateClosed, UsageError

if TYPE_CHECKING:
    from datetime import datetime

    from wishkit.commands.requests import Standing
    from wishkit.commands.workspace import Workspace
    from wishkit.core.approval import Verdict


@dataclass(frozen=True, slots=True)
class Approvers:
    """Who approves in a database.

    Attributes:
        database: which one, without secrets.
        policy: the role, and how many it takes; None where nobody ever said so.
        members: who may approve now.
        changed: whether this command has set it.
    """

    database: str
    policy: Policy | None
    members: tuple[str, ...]
    changed: bool


def decide(
    workspace: Workspace,
    id_: int,
    verdict: Verdict,
    *,
    note: str | None = None,
    login: str | None = None,
    digest: str | None = None,
    yes: bool = False,
) -> Standing:
    """Approve or reject a request, as who is logged in.

    Args:
        workspace: project and database; its role is not taken on: who approves is who logs in.
        id_: the request.
        verdict: approve or reject.
        note: in the approver's words; a rejection needs one.
        login: the role to log in as, where the URL names another one or none.
        digest: of what was read elsewhere, or its beginning; another one is refused.
        yes: consent.

    Raises:
        UsageError: ``unknown-request`` or ``reason-missing``.
        GateClosed: ``approval-refused``, in the words of the database; ``approvals-tampered``.
        ConsentNeeded: nobody said yes.
        LedgerError: ``approval-permission``.
    """
    if verdict == "reject" and not (note or "").strip():
        raise UsageError(
            "say why: a rejection needs --note",
            code="reason-missing",
            help='for example --note "not on a Friday"',
        )
    with connected(workspace, verdict, login=login) as (connection, target, database):
        from wishkit.postgres import approvals  # noqa: PLC0415 - heavy

        (request,) = found(connection, id_)
        if not intact(request):
            raise altered(request)
        if digest and not request.digest.startswith(digest.lower()):
            raise GateClosed(
                f"request {id_} is not what was read: its digest is {request.digest[:12]}…",
                code="approval-refused",
                help=f"read it: wishkit requests {id_}",
                state="nothing was recorded",
            )
        policy, members = policy_of(connection, target)
        told = standing(request, policy, members)
        if verdict == "approve":
            workspace.consent(
                f"approve request {id_} of {request.requested_by} for {request.environment}: "
                f"{_summed(told)}, on {database}?",
                yes=yes,
                flag="--yes",
            )
        approvals.decide(connection, request, verdict, note=note)
        (request,) = found(connection, id_)
        return standing(request, policy, members)


def approvers(workspace: Workspace) -> Approvers:
    """Who approves here. Writes nothing.

    Raises:
        LedgerError: ``approval-permission`` or ``no-approvals``.
    """
    with connected(workspace, "approvers", login=None) as (connection, target, database):
        policy, members = policy_of(connection, target)
        return Approvers(database, policy, members, changed=False)


def set_approvers(
    workspace: Workspace, role: str | None, *, reason: str | None = None, yes: bool = False
) -> Approvers:
    """Say in the database who approves from now on; how many it takes comes from wishkit.toml.

    Args:
        workspace: project and database, as the owner of the ledger.
        role: whose members approve; None: nothing is asked for any more.
        reason: why; needed where less is asked for.
        yes: consent for a protected database.

    Raises:
        UsageError: ``reason-missing``.
        LedgerError: ``unknown-role``, or the ledger cannot be written.
    """
    if role is None and not (reason or "").strip():
        raise UsageError(
            "say why: --none needs --reason",
            code="reason-missing",
            help="the ledger keeps it, and wishkit ledger verify shows whether it was touched",
        )
    with workspace.connect("approvers", writes=True) as (connection, target, server):
        from wishkit.postgres import approvals  # noqa: PLC0415 - heavy
        from wishkit.postgres.connection import describe  # noqa: PLC0415
        from wishkit.postgres.run import open_run  # noqa: PLC0415

        database = describe(target, server)
        if target.protected:
            who = f"members of {role}" if role else "nobody"
            workspace.consent(f"have {who} approve on {database}?", yes=yes, flag="--yes")
        counts = target.approvals or Approvals()
        with open_run(
            connection, target, verb="approvers", reason=reason, listener=workspace.listener
        ):
            before = approvals.last_policy(connection, target.name)
            new = Policy(
                target.name,
                role,
                counts.none,
                counts.low,
                counts.medium,
                counts.high,
                target.approval_expires,
                "",
                before.set_at if before else _now(),
            )
            approvals.set_policy(connection, new, before, reason=reason)
            policy, members = policy_of(connection, target)
        return Approvers(database, policy, members, changed=True)


def _now() -> datetime:
    from datetime import UTC, datetime  # noqa: PLC0415 - rarely needed

    return datetime.now(UTC)


def _summed(told: Standing) -> str:
    count = len(told.migrations)
    return f"{told.verb} of {count} migration{'' if count == 1 else 's'}, risk {told.risk}"
