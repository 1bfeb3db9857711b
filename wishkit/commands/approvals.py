"""Approve or reject what was requested, say who may, and look at how requests stand."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from wishkit.config import Approvals
from wishkit.core.approval import Policy, intact
from wishkit.core.approved import who_can
from wishkit.errors import GateClosed, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    import psycopg

    from wishkit.commands.workspace import Workspace
    from wishkit.config import Target
    from wishkit.core.approval import Approval, Asked, InProof, Request, Verdict
    from wishkit.core.risk import Reason, Risk

    Connection = psycopg.Connection[Any]

State = Literal["open", "approved", "rejected", "expired", "superseded", "done", "altered"]
SHOWN = 20  # of requests, the newest


@dataclass(frozen=True, slots=True)
class Requested:
    """One migration of a request.

    Attributes:
        id: which one.
        direction: which way it would run.
        checksum: of both texts.
        summary: its first comment line.
        risk: none, low, medium or high.
        reasons: why, the highest first.
        proof: what its rehearsal found; None if it was not rehearsed as it is.
        seconds: how long it took elsewhere; None where that was not told.
        done: whether it has been run on this request.
    """

    id: str
    direction: Literal["forward", "backward"]
    checksum: str
    summary: str
    risk: Risk
    reasons: tuple[Reason, ...]
    proof: InProof | None
    seconds: float | None
    done: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """A request, and what is missing.

    Attributes:
        id: its number.
        state: open, approved, rejected, expired, superseded by a later one, done, or altered
            behind wishkit's back. Whether files or database have changed since is looked at when
            it is run.
        environment: for which environment.
        verb: migrate or rollback.
        migrations: in the order they would run.
        risk: the highest of them.
        required: how many approvals that asks for.
        requested_by: who the database says it was.
        requested_at: when.
        expires_at: until when it is good.
        note: why, in the requester's words.
        position: the migration that was applied last when it was requested.
        digest: of all that is approved.
        git_commit: what was checked out.
        accepted: rules about large tables that it may break.
        backup: the evidence of a backup; None if none was looked at.
        approvals: what was decided, in order.
        missing: what has to be there still, in words; None if nothing is.
        who: who can give it, and how.
    """

    id: int
    state: State
    environment: str
    verb: str
    migrations: tuple[Requested, ...]
    risk: Risk
    required: int
    requested_by: str
    requested_at: datetime
    expires_at: datetime
    note: str
    position: str | None
    digest: str
    git_commit: str | None
    accepted: tuple[str, ...]
    backup: str | None
    approvals: tuple[Approval, ...]
    missing: str | None
    who: str | None


@dataclass(frozen=True, slots=True)
class Requests:
    """The requests of a database.

    Attributes:
        database: which one, without secrets.
        requests: the newest first.
    """

    database: str
    requests: tuple[Standing, ...]


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


def requests(
    workspace: Workspace,
    id_: int | None = None,
    *,
    login: str | None = None,
    limit: int = SHOWN,
) -> Requests:
    """Requests and how they stand, the newest first. Writes nothing.

    Args:
        workspace: project and database.
        id_: only this one.
        login: the role to log in as.
        limit: at most so many.

    Raises:
        UsageError: ``unknown-request``.
        LedgerError: ``approval-permission`` or ``no-approvals``.
    """
    with _open(workspace, "requests", login=login) as (connection, target, database):
        found = _found(connection, id_, limit=limit)
        policy, members = _policy(connection, target)
        rows = tuple(standing(it, policy, members) for it in found)
        return Requests(database, rows)


def request_text(workspace: Workspace, id_: int, *, login: str | None = None) -> str:
    """The texts of a request as they are approved, one after the other.

    Raises:
        UsageError: ``unknown-request``.
        GateClosed: ``approvals-tampered``.
    """
    with _open(workspace, "requests", login=login) as (connection, _, _):
        (found,) = _found(connection, id_)
        if found.bundle is None:
            raise _altered(found)
        return "\n".join(_text(it) for it in found.bundle.migrations)


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
    with _open(workspace, verdict, login=login) as (connection, target, database):
        from wishkit.postgres import approvals  # noqa: PLC0415 - heavy

        (found,) = _found(connection, id_)
        if not intact(found):
            raise _altered(found)
        if digest and not found.digest.startswith(digest.lower()):
            raise GateClosed(
                f"request {id_} is not what was read: its digest is {found.digest[:12]}…",
                code="approval-refused",
                help=f"read it: wishkit requests {id_}",
                state="nothing was recorded",
            )
        policy, members = _policy(connection, target)
        told = standing(found, policy, members)
        if verdict == "approve":
            workspace.consent(
                f"approve request {id_} of {found.requested_by} for {found.environment}: "
                f"{_what(told)}, on {database}?",
                yes=yes,
                flag="--yes",
            )
        approvals.decide(connection, found, verdict, note=note)
        (found,) = _found(connection, id_)
        return standing(found, policy, members)


def approvers(workspace: Workspace) -> Approvers:
    """Who approves here. Writes nothing.

    Raises:
        LedgerError: ``approval-permission`` or ``no-approvals``.
    """
    with _open(workspace, "approvers", login=None) as (connection, target, database):
        policy, members = _policy(connection, target)
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
            policy, members = _policy(connection, target)
        return Approvers(database, policy, members, changed=True)


def standing(request: Request, policy: Policy | None, members: Sequence[str]) -> Standing:
    """How a request stands."""
    bundle = request.bundle if intact(request) else None
    state = _state(request)
    missing = who = None
    if state == "open" and bundle and policy:
        left = bundle.required - len(request.approved_by)
        missing = f"{left} more approval{'' if left == 1 else 's'}"
        how = f"wishkit approve {request.id} --env {request.environment}"
        who = f"{who_can(policy, request, members)}: {how}"
    elif state in {"rejected", "expired", "altered"}:
        missing, who = "a new request", f"wishkit request {request.environment} --note …"
    timings = (bundle.timings if bundle else None) or {}
    return Standing(
        request.id,
        state,
        request.environment,
        bundle.verb if bundle else "",
        tuple(_requested(it, request, timings.get(it.id)) for it in bundle.migrations)
        if bundle
        else (),
        bundle.risk if bundle else "high",
        bundle.required if bundle else 0,
        request.requested_by,
        request.requested_at,
        request.expires_at,
        bundle.note if bundle else "",
        bundle.state.position if bundle else None,
        request.digest,
        bundle.git_commit if bundle else None,
        bundle.accepted if bundle else (),
        bundle.backup if bundle else None,
        request.approvals,
        missing,
        who,
    )


def _state(request: Request) -> State:
    bundle = request.bundle
    if bundle is None or not intact(request):
        return "altered"
    if request.spent:
        return "done"
    if request.rejected:
        return "rejected"
    if request.superseded_by:
        return "superseded"
    if request.expired:
        return "expired"
    return "approved" if len(request.approved_by) >= bundle.required else "open"


def _requested(it: Asked, request: Request, seconds: float | None) -> Requested:
    return Requested(
        it.id,
        it.direction,
        it.checksum,
        it.summary,
        it.risk,
        it.reasons,
        it.proof,
        seconds,
        it.id in request.done,
    )


def _what(told: Standing) -> str:
    count = len(told.migrations)
    return f"{told.verb} of {count} migration{'' if count == 1 else 's'}, risk {told.risk}"


def _text(it: Asked) -> str:
    parts = [f"-- {it.id} {it.direction}, checksum {it.checksum}, forward file", it.forward]
    if it.backward is not None:
        parts += [f"-- {it.id}, backward file", it.backward]
    return "\n".join(part.rstrip("\n") for part in parts) + "\n"


def _altered(found: Request) -> GateClosed:
    return GateClosed(
        f"the bundle of request {found.id} is not what was requested, or of a newer wishkit",
        code="approvals-tampered",
        help="find out who changed it: wishkit ledger verify",
        state="nothing was recorded",
    )


@contextmanager
def _open(
    workspace: Workspace, verb: str, *, login: str | None
) -> Iterator[tuple[Connection, Target, str]]:
    """A connection as who logs in, acting as nobody else."""
    from wishkit.commands.workspace import start_embedded  # noqa: PLC0415 - imported where used

    target = replace(start_embedded(workspace.config, workspace.target), role=None)
    if login is not None:
        from wishkit.postgres.conninfo import as_login  # noqa: PLC0415 - heavy

        target = replace(target, url=as_login(target.url or "", login))
    place = replace(workspace, target=target)
    writes = verb in {"approve", "reject"}
    with place.connect(verb, writes=writes) as (connection, connected, server):
        from wishkit.postgres.approvals import refuse_unknown  # noqa: PLC0415 - heavy
        from wishkit.postgres.connection import describe  # noqa: PLC0415

        refuse_unknown(connection)
        yield connection, connected, describe(connected, server)


def _found(connection: Connection, id_: int | None, *, limit: int = 1) -> tuple[Request, ...]:
    from wishkit.postgres.approvals import requests  # noqa: PLC0415 - heavy

    found = requests(connection, id_=id_, limit=limit)
    if id_ is not None and not found:
        raise UsageError(
            f"there is no request {id_}",
            code="unknown-request",
            help="wishkit requests lists them",
        )
    return found


def _policy(connection: Connection, target: Target) -> tuple[Policy | None, tuple[str, ...]]:
    from wishkit.postgres.approvals import last_policy, members  # noqa: PLC0415 - heavy

    policy = last_policy(connection, target.name)
    return policy, members(connection, policy.role if policy else None)


def _now() -> datetime:
    from datetime import UTC, datetime  # noqa: PLC0415 - rarely needed

    return datetime.now(UTC)
