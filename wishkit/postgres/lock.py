"""The run lock: one run at a time on one database, never left behind by a process that dies."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from wishkit.core.events import Waiting
from wishkit.core.sign import Sign, parse
from wishkit.errors import LockHeld
from wishkit.postgres import failure
from wishkit.postgres.queries import query
from wishkit.postgres.signpost import waiting_for_lock

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psycopg

    from wishkit.core.events import Listener

# Advisory locks are per database already; two integers of our own keep clear of other people's.
KEY = {"class": 0x77697368, "object": 0x6B697401}  # "wish", "kit" 1
POLL = 0.1


@contextmanager
def run_lock(
    guard: psycopg.Connection[tuple[object, ...]], *, wait: float, listener: Listener
) -> Iterator[None]:
    """Hold the run lock on a connection that does nothing else.

    Session-level, on its own connection outside any transaction: it cannot be released by what a
    migration does, holds no snapshot that CREATE INDEX CONCURRENTLY would wait for, and goes away
    with the connection, however the process ends.

    Args:
        guard: an idle connection in autocommit mode.
        wait: for how long to ask again, in seconds.
        listener: is told for whom we wait.

    Raises:
        LockHeld: another run still has it.
    """
    try:
        take_lock(guard, wait=wait, listener=listener)
        yield
    finally:
        guard.close()  # releases the lock, whatever state the connection is in


def take_lock(
    guard: psycopg.Connection[tuple[object, ...]], *, wait: float, listener: Listener
) -> None:
    """Take the run lock for as long as the connection lives; see ``run_lock``.

    Raises:
        LockHeld: another run still has it.
        ConnectError: the connection went away.
    """
    with failure.of_ledger():
        _take(guard, wait, listener)


def _take(guard: psycopg.Connection[tuple[object, ...]], wait: float, listener: Listener) -> None:
    if _try(guard):
        return
    with waiting_for_lock(guard):
        _take_later(guard, wait, listener)


def _take_later(
    guard: psycopg.Connection[tuple[object, ...]], wait: float, listener: Listener
) -> None:
    deadline = time.monotonic() + wait
    told = ""
    while not _try(guard):
        holder = describe_holder(guard)
        if time.monotonic() >= deadline:
            raise LockHeld(
                f"another run holds the lock: {holder}",
                help="wait for it (--lock-wait 10min), or end it if it is stuck: "
                "SELECT pg_terminate_backend(pid)",
                state="nothing was run",
            )
        if holder != told:
            listener(Waiting("the run lock", holder))
            told = holder
        time.sleep(POLL)


def _try(guard: psycopg.Connection[tuple[object, ...]]) -> bool:
    row = guard.execute(query("lock_try"), KEY).fetchone()
    return row is not None and row[0] is True


def describe_holder(connection: psycopg.Connection[tuple[object, ...]]) -> str:
    """Who holds the run lock, as far as this role may see."""
    row = connection.execute(query("lock_holder"), KEY).fetchone()
    return holder_words(row) if row else "it was let go just now"


def holder_words(row: tuple[object, ...]) -> str:
    """A row of ``lock_holder`` in words."""
    pid, role, application, address, seconds = row
    text = f"{_who(str(application or 'a session'))}, backend {pid}"
    if role:
        text += f", role {role}"
    if address:
        text += f", from {address}"
    if isinstance(seconds, float):
        text += f", connected {seconds:.0f} s ago"
    return text


def _who(application: str) -> str:
    """A session's name; what a run says by it at the gate, in words."""
    sign = parse(application)
    if not isinstance(sign, Sign):
        return application
    return f"wishkit {sign.verb}, waiting for what {sign.id} needs ({sign.position}/{sign.total})"
