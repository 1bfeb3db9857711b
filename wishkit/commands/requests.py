"""Requests as they stand: what, how risky, who has approved, and what is missing."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from wishkit.core.approval import intact
from wishkit.core.approved import who_can
from wishkit.errors import GateClosed, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    import psycopg

    from wishkit.commands.workspace import Workspace
    from wishkit.config import Target
    from wishkit.core.approval import Approval, Asked, InExpected, InProof, Policy, Request
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
        expected: how long it was expected to take; None in a request of an older wishkit.
        done: whether it has been run on this request.
    """

    id: str
    direction: Literal["forward", "backward"]
    checksum: str
    summary: str
    risk: Risk
    reasons: tuple[Reason, ...]
    proof: InProof | None
    expected: InExpected | None
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
        backup: the last backup that the ledger knew of; None in a request of an older wishkit.
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
    with connected(workspace, "requests", login=login) as (connection, target, database):
        rows = found(connection, id_, limit=limit)
        policy, members = policy_of(connection, target)
        return Requests(database, tuple(standing(it, policy, members) for it in rows))


def request_text(workspace: Workspace, id_: int, *, login: str | None = None) -> str:
    """The texts of a request as they are approved, one after the other.

    Raises:
        UsageError: ``unknown-request``.
        GateClosed: ``approvals-tampered``.
    """
    with connected(workspace, "requests", login=login) as (connection, _, _):
        (request,) = found(connection, id_)
        if request.bundle is None:
            raise altered(request)
        return "\n".join(_text(it) for it in request.bundle.migrations)


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


def _requested(it: Asked, request: Request, expected: InExpected | None) -> Requested:
    return Requested(
        it.id,
        it.direction,
        it.checksum,
        it.summary,
        it.risk,
        it.reasons,
        it.proof,
        expected,
        it.id in request.done,
    )


def _text(it: Asked) -> str:
    parts = [f"-- {it.id} {it.direction}, checksum {it.checksum}, forward file", it.forward]
    if it.backward is not None:
        parts += [f"-- {it.id}, backward file", it.backward]
    return "\n".join(part.rstrip("\n") for part in parts) + "\n"


def altered(request: Request) -> GateClosed:
    """That a request is not what it was."""
    return GateClosed(
        f"the bundle of request {request.id} is not what was requested, or of a newer wishkit",
        code="approvals-tampered",
        help="find out who changed it: wishkit ledger verify",
        state="nothing was recorded",
    )


@contextmanager
def connected(
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


def found(connection: Connection, id_: int | None, *, limit: int = 1) -> tuple[Request, ...]:
    """Requests of a database, or the one that is meant.

    Raises:
        UsageError: ``unknown-request``.
    """
    from wishkit.postgres.approvals import requests  # noqa: PLC0415 - heavy

    rows = requests(connection, id_=id_, limit=limit)
    if id_ is not None and not rows:
        raise UsageError(
            f"there is no request {id_}",
            code="unknown-request",
            help="wishkit requests lists them",
        )
    return rows


def policy_of(connection: Connection, target: Target) -> tuple[Policy | None, tuple[str, ...]]:
    """Who approves in a database, and who they are now."""
    from wishkit.postgres.approvals import last_policy, members  # noqa: PLC0415 - heavy

    policy = last_policy(connection, target.name)
    return policy, members(connection, policy.role if policy else None)
