"""Note who changes what outside wishkit, so that drift has a name and a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wishkit.commands.workspace import Workspace
    from wishkit.postgres.audit import Ddl


@dataclass(frozen=True, slots=True)
class Audit:
    """How the audit stands.

    Attributes:
        database: which one, without secrets.
        on: whether DDL is being noted.
        changed: whether this command switched it.
        noted: what was changed outside wishkit, newest first.
    """

    database: str
    on: bool
    changed: bool
    noted: tuple[Ddl, ...] = ()


def audit(workspace: Workspace, *, limit: int = 20) -> Audit:
    """What was noted. Writes nothing.

    Args:
        workspace: project and database.
        limit: at most so many, the newest.

    Raises:
        WishkitError: the database cannot be asked.
    """
    with workspace.connect("audit", writes=False) as (connection, target, server):
        from wishkit.postgres.audit import audit_is_on, noted  # noqa: PLC0415 - heavy
        from wishkit.postgres.connection import describe  # noqa: PLC0415
        from wishkit.postgres.failure import of_ledger  # noqa: PLC0415

        with of_ledger():
            on, rows = audit_is_on(connection), noted(connection, limit=limit)
        return Audit(describe(target, server), on, changed=False, noted=rows)


def switch_audit(workspace: Workspace, *, on: bool, yes: bool = False) -> Audit:
    """Begin or end to note DDL that is run outside wishkit.

    Args:
        workspace: project and database.
        on: begin, or end.
        yes: consent for a protected database.

    Raises:
        LedgerError: ``audit-permission``.
        WishkitError: nothing was changed.
    """
    with workspace.connect("audit", writes=True) as (connection, target, server):
        from wishkit.postgres.audit import audit_is_on, switch  # noqa: PLC0415 - heavy
        from wishkit.postgres.connection import describe  # noqa: PLC0415
        from wishkit.postgres.run import open_run  # noqa: PLC0415

        database = describe(target, server)
        if audit_is_on(connection) == on:
            return Audit(database, on, changed=False)
        word = "on" if on else "off"
        if target.protected:
            workspace.consent(f"switch the audit of {database} {word}?", yes=yes, flag="--yes")
        with open_run(
            connection, target, verb=f"audit {word}", reason=None, listener=workspace.listener
        ) as run:
            switch(run.guard, on=on)  # as who logged in, not as the role that owns the tables
    return Audit(database, on, changed=True)
