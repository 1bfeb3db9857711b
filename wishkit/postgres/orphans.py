"""Runs that never ended: what their server processes still do is waited for, then ended."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import psycopg

from wishkit.core.events import Waiting
from wishkit.errors import LockHeld
from wishkit.postgres.queries import query

if TYPE_CHECKING:
    from wishkit.core.events import Listener

    Connection = psycopg.Connection[Any]

# An orphan's server process notices within a second or two that its client is gone (see
# Session); one that has not by then is ended.
ORPHAN_PATIENCE = 5.0


def end_orphans(
    connection: Connection, guard: Connection, listener: Listener, *, own: object = None
) -> bool:
    """See to runs that never ended: wait for their server processes, then end those, then say so.

    Only called with the run lock held, so whatever still works under another run's name has lost
    its client, or at least the lock.

    Args:
        connection: reads and writes the ledger.
        guard: sees and ends processes.
        listener: is told for whom we wait.
        own: the run that asks; only the process it had before is waited for.

    Returns:
        Whether there was any such run.

    Raises:
        LockHeld: an orphan cannot be ended by this role.
    """
    rows = connection.execute(query("runs_unended")).fetchall()
    started = time.monotonic()
    for run, verb, user, host, role, pid, start in rows:
        process = {"pid": pid, "role": role, "start": start}
        while found := guard.execute(query("backend_alive"), process).fetchone():
            elapsed = time.monotonic() - started
            whom = f"run {run} ({verb} by {user} on {host}), backend {pid}: {found[0] or '?'}"
            if elapsed > 2 * ORPHAN_PATIENCE:
                raise LockHeld(
                    f"what an earlier run left behind is still at work: {whom}",
                    code="orphan",
                    help=f"let a role that may do so end it: SELECT pg_terminate_backend({pid})",
                    state="nothing was run",
                )
            listener(Waiting("an orphaned statement", whom))
            if elapsed > ORPHAN_PATIENCE:
                with suppress(psycopg.errors.InsufficientPrivilege):
                    guard.execute(query("terminate"), {"pid": pid})
            time.sleep(0.2)
    lost = [row[0] for row in rows if row[0] != own]
    if lost:
        connection.execute(query("runs_lost"), {"runs": lost})
    return bool(lost)
