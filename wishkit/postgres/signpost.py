"""A run's sessions say where it is by their names, without a round trip where nobody waits.

The session that works says it in the messages that are sent anyway; the guard says whom a run
waits for while that session has nothing open. ``core/sign.py`` has the words; whoever may read the
server's activity sees them (``live.py``).
"""

from __future__ import annotations

from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import psycopg

from wishkit.core.events import (
    Blocked,
    MigrationFinished,
    MigrationStarted,
    Progressed,
    StatementsStarted,
)
from wishkit.core.script import MESSAGE_BYTES
from wishkit.core.sign import PREFIX, Caller, Sign, Wait, parse
from wishkit.postgres.queries import query

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wishkit.core.batches import Batch
    from wishkit.core.events import Event, Listener
    from wishkit.postgres.run import Run

    Connection = psycopg.Connection[Any]


class Signpost:
    """Listens to a run in front of its listener, and knows where it is.

    Sessions that somebody has named otherwise (the user, in the URL; a migration) keep their name.

    Args:
        run: whose sessions.
        listener: is told everything that the run tells.

    Attributes:
        of: how much the statement that is at work has to do; None where nobody knows.
    """

    def __init__(self, run: Run, listener: Listener) -> None:
        self._run = run
        self._listener = listener
        self._migration: MigrationStarted | None = None
        self._at = (1, 1)  # numbers of its first and last statement in the message at work
        self._guard: tuple[Connection, str] | None = None  # that says something, and its own name
        self.of: int | None = None

    def __call__(self, event: Event) -> None:
        """Take one event."""
        match event:
            case MigrationStarted():
                self._migration, self._at, self.of = event, (1, 1), None
            case StatementsStarted():
                self._move((event.first, event.last))
            case Blocked():
                self._wait(event)
            case Progressed():
                self._hush()
            case MigrationFinished():
                self._hush()
                self._migration = None
        self._listener(event)

    def local(self, batch: Batch) -> bytes:
        """What is sent ahead of statements in their transaction; ends with it."""
        return self._statement("SET LOCAL", batch)

    def lasting(self, batch: Batch) -> bytes:
        """The same, until the session is made clean; to be sent in a transaction that commits."""
        return self._statement("SET", batch)

    def is_worth_a_message(self, batch: Batch) -> bool:
        """Whether statements take so long that what they say may take a round trip of its own."""
        size = _copied(batch)
        return size is None or size >= MESSAGE_BYTES

    def _statement(self, command: str, batch: Batch) -> bytes:
        if self._migration is None or not _may_name(self._run.session.connection):
            return b""
        of = _copied(batch) if batch.kind == "copy" else self.of
        sign = _sign(self._run.verb, self._migration, (batch.first, batch.last), of)
        return f"{command} application_name = '{sign}';\n".encode()

    def _move(self, to: tuple[int, int]) -> None:
        """Tries that follow one another are one wait, so the guard goes on telling of it."""
        if to != self._at:
            self._hush()
            self._at, self.of = to, None

    def _wait(self, event: Blocked) -> None:
        guard = self._run.guard
        if self._migration is None:
            return
        if self._guard is None or self._guard[0] is not guard:
            if not _may_name(guard):
                return
            self._guard = guard, _name(guard)
        waits = tuple(Wait(it.pid, it.relation_oid) for it in event.blockers)
        say(guard, str(_sign(self._run.verb, self._migration, self._at, self.of, waits)))

    def _hush(self) -> None:
        if self._guard:
            say(*self._guard)
            self._guard = None


@contextmanager
def waiting_for_lock(guard: Connection) -> Iterator[None]:
    """Say inside that this run waits for another one."""
    name = _name(guard)
    caller = parse(name)
    if isinstance(caller, Caller):
        say(guard, str(replace(caller, waits=True)))
    try:
        yield
    finally:
        if isinstance(caller, Caller):
            say(guard, name)


def _sign(
    verb: str,
    migration: MigrationStarted,
    at: tuple[int, int],
    of: int | None,
    waits: tuple[Wait, ...] | None = None,
) -> Sign:
    return Sign(
        verb,
        migration.position,
        migration.total,
        migration.id,
        migration.direction,
        *at,
        migration.statements,
        of,
        waits is not None,
        waits or (),
    )


def say(connection: Connection, name: str) -> None:
    """Give an idle session a name; where the connection is gone, its user will find out."""
    if name != _name(connection):
        with suppress(psycopg.Error):
            connection.execute(query("sign"), {"name": name})


def _may_name(connection: Connection) -> bool:
    return _name(connection).startswith(PREFIX)


def _name(connection: Connection) -> str:
    """As the server reported it last; it reports every change."""
    return connection.info.parameter_status("application_name") or ""


def _copied(batch: Batch) -> int | None:
    """How many bytes a COPY … FROM stdin has to send; None for any other statement."""
    data = batch.spans[0].data
    return None if data is None else data[1] - data[0]
