"""Requests and approvals as the database has them; who gave them is what the server says."""

from __future__ import annotations

import re
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import sql

from wishkit.core.approval import (
    Approval,
    Policy,
    Request,
    TargetState,
    applied,
    decode,
    digest,
    encode,
)
from wishkit.core.schema import Snapshot
from wishkit.core.snapshot_text import unpacked
from wishkit.errors import GateClosed, LedgerError
from wishkit.postgres import catalog
from wishkit.postgres.failure import of_ledger
from wishkit.postgres.last_run import reader
from wishkit.postgres.ledger import version_file
from wishkit.postgres.queries import query

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wishkit.core.approval import Bundle, Verdict
    from wishkit.core.state import Ledger
    from wishkit.postgres.recorder import Expression

    Connection = psycopg.Connection[Any]

KNOWN_SINCE = 5  # the version of the ledger
_REFUSED = "WKA01"  # what the triggers raise
_ONCE = "approval_request_id_approver_verdict_key"
_FUNCTION = re.compile(
    r"CREATE FUNCTION wishkit\.(\w+)\(.*?AS \$function\$(.*?)\$function\$", re.DOTALL
)
# By table: the triggers that it has to have, and the functions behind them.
_TRIGGERS = {
    "run": {"chain": "add_to_chain"},
    "execution": {"chain": "add_to_chain"},
    "approver": {"stamp": "stamp_approver", "stay": "refuse_change", "chain": "add_to_chain"},
    "request": {"stamp": "stamp_request", "stay": "refuse_change", "chain": "add_to_chain"},
    "approval": {"stamp": "stamp_approval", "stay": "refuse_change", "chain": "add_to_chain"},
    "request_run": {"stay": "refuse_change", "chain": "add_to_chain"},
    "backup": {"stay": "refuse_change", "chain": "add_to_chain"},
    "chain": {"stay": "refuse_change"},
}
# Those that came with a later version of the ledger.
_LATER = {
    6: {
        "promotion": {"stamp": "stamp_promotion", "stay": "refuse_change", "chain": "add_to_chain"},
        "acknowledgement": {
            "stamp": "stamp_acknowledgement",
            "stay": "refuse_change",
            "chain": "add_to_chain",
        },
    }
}
_FILES = {KNOWN_SINCE: "0005_approvals", 6: "0006_promotions"}
_POLICIES = {
    "request.read": "r true",
    "request.own": "a (requested_by = SESSION_USER)",
    "approval.read": "r true",
    "approval.own": "a (approver = SESSION_USER)",
}


@contextmanager
def of_approvals() -> Iterator[None]:
    """What the server refuses about approvals, in its own words.

    Raises:
        GateClosed: ``approval-refused``: a trigger says who may not do what.
        LedgerError: ``approval-permission``, or as `failure.of_ledger` has it.
    """
    try:
        with of_ledger():
            yield
    except LedgerError as told:
        error = told.__cause__
        if not isinstance(error, psycopg.Error):
            raise
        if error.sqlstate == _REFUSED:
            raise GateClosed(
                str(error.diag.message_primary),
                code="approval-refused",
                help=error.diag.message_hint,
                state="nothing was recorded",
            ) from error
        if error.diag.constraint_name == _ONCE:
            raise GateClosed(
                "this person has decided on it already, at the same moment",
                code="approval-refused",
                help="a second approval has to be another person's",
                state="nothing was recorded",
            ) from error
        if told.code == "ledger-permission":
            raise LedgerError(
                f"this role may not see or give approvals: {error.diag.message_primary}",
                code="approval-permission",
                help="wishkit approvers ENV says which role may; being a member of it is enough",
                state="nothing was recorded",
            ) from error
        raise


def policy(connection: Connection, ledger: Ledger, environment: str) -> Policy | None:
    """Who approves in this database; None where nobody ever said so.

    Raises:
        LedgerError: the ledger cannot be read.
    """
    if ledger.version < KNOWN_SINCE:
        return None
    return last_policy(connection, environment)


def last_policy(connection: Connection, environment: str) -> Policy | None:
    """The same, where the ledger is known to have approvals.

    Raises:
        LedgerError: the ledger cannot be read.
    """
    with of_approvals():
        values = {"environment": environment}
        row = connection.execute(query("approver_last"), values, binary=True).fetchone()
    return Policy(*row) if row else None


def refuse_unknown(connection: Connection) -> None:
    """A ledger that has no approvals yet.

    Raises:
        LedgerError: ``no-approvals``.
    """
    with of_approvals():
        row = connection.execute(query("approvals_there")).fetchone()
    if not row or not row[0]:
        raise LedgerError(
            "this database has no requests and no approvals yet",
            code="no-approvals",
            help="name those who approve: wishkit approvers ENV ROLE; the ledger is made or lifted "
            "with that",
        )


def refuse_unasked(connection: Connection, ledger: Ledger) -> None:
    """What runs without knowing of requests must not run where they are asked for.

    Raises:
        GateClosed: ``asks-for-approvals``.
    """
    said = policy(connection, ledger, "")
    if said and said.role:
        raise GateClosed(
            f"this database asks for approvals ({said.environment}), which yoyo knows nothing of",
            code="asks-for-approvals",
            help=f"wishkit request {said.environment} --note …; then "
            f"wishkit migrate --env {said.environment}",
        )


def set_policy(
    connection: Connection, new: Policy, before: Policy | None, *, reason: str | None
) -> None:
    """Say who approves from now on, and let them.

    Args:
        connection: in autocommit mode, acting as the owner of the ledger.
        new: what shall be.
        before: what was.
        reason: why.

    Raises:
        LedgerError: ``unknown-role``, or the ledger cannot be written.
    """
    with of_approvals():
        role = {"role": new.role}
        row = connection.execute(query("role_exists"), role).fetchone()
        if new.role is not None and not (row and row[0]):
            raise LedgerError(
                f'there is no role "{new.role}"',
                code="unknown-role",
                help=f"CREATE ROLE {new.role} NOLOGIN; then GRANT {new.role} TO each who approves",
                state="nothing was changed",
            )
        values = {name: getattr(new, name) for name in ("none", "low", "medium", "high")}
        values |= {"environment": new.environment, "role": new.role}
        with connection.transaction():
            if before and before.role and before.role != new.role:
                _run(connection, "approvers_off", before.role)
            if new.role:
                _run(connection, "approvers", new.role)
            values |= {"expires": new.expires, "reason": reason}
            connection.execute(query("approver_add"), values)


def _run(connection: Connection, name: str, role: str) -> None:
    statements = sql.SQL(version_file(name)).format(role=sql.Identifier(role))
    connection.execute(statements)


def members(connection: Connection, role: str | None) -> tuple[str, ...]:
    """Who may log in and is a member of a role; a superuser alone is none."""
    if role is None:
        return ()
    with of_approvals():
        rows = connection.execute(query("approver_members"), {"role": role}).fetchall()
    return tuple(name for (name,) in rows)


def target_state(connection: Connection, ledger: Ledger) -> TargetState:
    """The state of the database, as a request is made for it."""
    items = catalog.read_snapshot(connection).items  # not the version: a minor one changes nothing
    schema = digest(unpacked(Snapshot(0, items)).decode())
    return TargetState(ledger.position, applied(ledger), schema, reader())


def add_request(connection: Connection, bundle: Bundle, *, expires: float) -> int:
    """Freeze a bundle in the ledger; its number.

    Raises:
        GateClosed: ``approval-refused``.
        LedgerError: the ledger cannot be written.
    """
    text = encode(bundle)
    values = {"environment": bundle.environment, "digest": digest(text), "bundle": text}
    with of_approvals():
        row = connection.execute(query("request_add"), {**values, "expires": expires}).fetchone()
    return int(row[0]) if row else 0


def requests(
    connection: Connection,
    *,
    id_: int | None = None,
    environment: str | None = None,
    limit: int = 20,
) -> tuple[Request, ...]:
    """Requests with what was decided about them, the newest first.

    Raises:
        LedgerError: the ledger cannot be read.
    """
    values = {"id": id_, "environment": environment, "limit": limit}
    with of_approvals():
        rows = connection.execute(query("request_rows"), values, binary=True).fetchall()
        ids = {"requests": [row[0] for row in rows]}
        decided = connection.execute(query("approval_rows"), ids, binary=True).fetchall()
    by_request: dict[int, list[Approval]] = {}
    for number, *rest in decided:
        by_request.setdefault(number, []).append(Approval(*rest))
    return tuple(_request(row, tuple(by_request.get(row[0], ()))) for row in rows)


def _request(row: tuple[Any, ...], decided: tuple[Approval, ...]) -> Request:
    id_, environment, hash_, text, by, at, until, expired, newer, done = row
    bundle = decode(text) if digest(text) == hash_ else None
    return Request(
        id_, environment, hash_, bundle, by, at, until, expired, newer, decided, tuple(done)
    )


def decide(connection: Connection, request: Request, verdict: Verdict, *, note: str | None) -> None:
    """Approve or reject, as who is logged in.

    Raises:
        GateClosed: ``approval-refused``: the database says why.
        LedgerError: ``approval-permission``.
    """
    values = {"request": request.id, "verdict": verdict, "digest": request.digest, "note": note}
    with of_approvals():
        connection.execute(query("approval_add"), values)


def let_through(connection: Connection, request: int, run: int | Expression) -> None:
    """Keep that a run goes through on a request.

    Raises:
        LedgerError: the ledger cannot be written.
    """
    with of_approvals():
        connection.execute(query("request_run_add"), {"request": request, "run": run})


@cache
def _functions(version: int) -> dict[str, str]:
    """The bodies of our functions by name, as a version of the ledger has them."""
    files = [name for since, name in _FILES.items() if since <= version]
    return dict(found for name in files for found in _FUNCTION.findall(version_file(name)))


def suspicions(connection: Connection, *, forced: bool, version: int) -> tuple[str, ...]:
    """What of triggers, policies and functions is not as it was made, in words.

    Args:
        connection: asks.
        forced: row-level security has to be on.
        version: of the ledger.
    """
    with of_approvals():
        rows = connection.execute(query("approval_guards")).fetchall()
    found = {(kind, name): told for kind, name, told in rows}
    tables = dict(_TRIGGERS)
    for since, more in _LATER.items():
        tables |= more if since <= version else {}
    expected = {
        ("trigger", f"{table}.{name}"): f"A {function}"
        for table, triggers in tables.items()
        for name, function in triggers.items()
        if table != "backup" or ("trigger", "backup.stay") in found
    }
    expected |= {("policy", name): told for name, told in _POLICIES.items()}
    expected |= {("function", name): body for name, body in _functions(version).items()}
    if forced:
        expected |= {("security", name): "forced" for name in ("request", "approval")}
    else:
        found = {key: told for key, told in found.items() if key[0] != "security"}
    words = [_said(key, found.get(key)) for key, told in expected.items() if found.get(key) != told]
    return (*words, *(f"a {kind} was added: {name}" for kind, name in found.keys() - expected))


def _said(key: tuple[str, str], told: str | None) -> str:
    kind, name = key
    if kind == "security":
        return f"row-level security of wishkit.{name} was switched off"
    if told is None:
        return f"the {kind} {name} was dropped"
    if kind == "trigger" and not told.startswith("A "):
        return f"the trigger {name} was disabled"
    return f"the {kind} {name} was changed"
