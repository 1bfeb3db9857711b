"""Who changes what outside wishkit: the event triggers of `wishkit audit`, and what they noted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import psycopg

from wishkit.errors import LedgerError
from wishkit.postgres.ledger import version_file
from wishkit.postgres.queries import query

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    Connection = psycopg.Connection[Any]


@dataclass(frozen=True, slots=True)
class Ddl:
    """One object that somebody made, changed or dropped outside wishkit.

    Attributes:
        at: when.
        tag: the command, such as ``ALTER TABLE``.
        object_type: table, index, …
        object_identity: its name, as the server writes it.
        role: who was logged in.
        acting_as: whom they had SET ROLE to.
        application: as the session named itself.
        address: from where; None for a local socket.
        query: what the client had sent; None where that may hold a password.
    """

    at: datetime
    tag: str
    object_type: str
    object_identity: str
    role: str
    acting_as: str | None
    application: str | None
    address: str | None
    query: str | None


def audit_is_on(connection: Connection) -> bool:
    """Whether DDL is being noted."""
    row = connection.execute(query("audit_state")).fetchone()
    return bool(row and row[0])


def noted(connection: Connection, *, limit: int) -> tuple[Ddl, ...]:
    """What was changed outside wishkit while the audit was on, newest first."""
    row = connection.execute(query("audit_state")).fetchone()
    if not row or not row[1]:
        return ()
    rows = connection.execute(query("audit_rows"), {"limit": limit}).fetchall()
    return tuple(Ddl(*row) for row in rows)


def last_noted(
    connection: Connection, names: Sequence[str], *, since: datetime | None
) -> dict[str, str]:
    """Who changed objects last, in words, by their names without quotes; nothing without an audit.

    Args:
        connection: asks.
        names: with schema; what belongs to a table behind it: ``public.wishes.by_user``.
        since: only what was noted after this.
    """
    row = connection.execute(query("audit_state")).fetchone()
    if not row or not row[1]:
        return {}
    try:
        with connection.transaction():
            values = {"names": list(names), "since": since}
            rows = connection.execute(query("audit_last"), values).fetchall()
    except psycopg.errors.InsufficientPrivilege:
        return {}
    return {
        name: f"{role}{f' with {application}' if application else ''}, {at:%Y-%m-%d %H:%M} ({tag})"
        for name, at, tag, role, application in rows
    }


def switch(connection: Connection, *, on: bool) -> None:
    """Make or remove the event triggers. The run lock must be held.

    Event triggers take a superuser, or what a managed service has instead of one (manual, CREATE
    EVENT TRIGGER).

    Raises:
        LedgerError: ``audit-permission``.
    """
    try:
        with connection.transaction():
            if on:
                connection.execute(version_file("audit"))
            else:
                connection.execute(query("audit_off_ddl"))
                connection.execute(query("audit_off_drop"))
    except psycopg.errors.InsufficientPrivilege as error:
        raise LedgerError(
            f"this role may not make event triggers: {error.diag.message_primary}",
            code="audit-permission",
            help="let a superuser say it: wishkit audit on --url …; from then on nobody needs more",
            state="nothing was changed",
        ) from error
