"""What a run tells while it is at work; terminal, log and web page render the same events."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wishkit.core.migration import Direction


@dataclass(frozen=True, slots=True)
class CommandStarted:
    """It is known what was asked, and where.

    Attributes:
        verb: what was asked.
        environment: where, as wishkit.toml calls it, or as the database was named.
    """

    verb: str
    environment: str


@dataclass(frozen=True, slots=True)
class Connected:
    """A database answered.

    Attributes:
        target: which one, without secrets; the first line of every run.
    """

    target: str


@dataclass(frozen=True, slots=True)
class RunStarted:
    """A run has the lock, and its row in the ledger.

    Attributes:
        run: its number in the ledger.
        database: the database's name.
        host: name or address of the server, or its socket folder.
        port: of the server.
    """

    run: int
    database: str
    host: str
    port: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """Something outside this run has to end first.

    Attributes:
        what: what is waited for, such as "the run lock".
        whom: who is in the way.
    """

    what: str
    whom: str


@dataclass(frozen=True, slots=True)
class Blocker:
    """Somebody who holds what a migration needs.

    Attributes:
        pid: server process; 0 for a prepared transaction.
        transaction: its virtual transaction id, which tells it from the next one.
        relation: on what, as it would be written; None: some lock that we were seen to wait for.
        mode: which lock, such as ``ACCESS SHARE``.
        role: whose.
        application: as it names itself.
        state: active, idle in transaction, …; None where this role may not see it.
        query: what it runs or ran last.
        autovacuum: it is an autovacuum worker, which gives way to who waits for long enough.
        age: of its transaction, in seconds.
        relation_oid: which relation that is; None where it is not known.
    """

    pid: int
    transaction: str
    relation: str | None
    mode: str | None
    role: str | None
    application: str | None
    state: str | None
    query: str | None
    autovacuum: bool
    age: float
    relation_oid: int | None = None

    def __str__(self) -> str:
        parts = [
            f"pid {self.pid}" if self.pid else None,
            f"role {self.role}" if self.role else None,
            self.application,
            self.state,
            f"{self.age:.1f} s",
            f"{self.mode} on {self.relation}" if self.relation else None,
        ]
        text = ", ".join(part for part in parts if part)
        statement = " ".join((self.query or "").split())[:80]
        return f"{text}: {statement}" if statement else text


@dataclass(frozen=True, slots=True)
class Blocked:
    """A migration waits, without queueing, until somebody lets go of what it needs.

    Attributes:
        id: the migration.
        blockers: who is in the way, oldest first; empty when they have gone by now.
        left: seconds until it gives up.
    """

    id: str
    blockers: tuple[Blocker, ...]
    left: float


@dataclass(frozen=True, slots=True)
class Replaying:
    """A migration is about to be run on a scratch server.

    Attributes:
        what: what for: ``replaying``, ``rehearsing``.
        id: which one.
        position: 1-based place among ``total``.
        total: how many there are.
        elapsed: seconds since it was decided to do this.
    """

    what: str
    id: str
    position: int
    total: int
    elapsed: float


@dataclass(frozen=True, slots=True)
class Asking:
    """A probe is about to be run, and rolled back.

    Attributes:
        id: which one.
        position: 1-based place among ``total``.
        total: how many there are.
    """

    id: str
    position: int
    total: int


@dataclass(frozen=True, slots=True)
class MigrationStarted:
    """A migration is about to run.

    Attributes:
        id: which one.
        direction: forward or backward.
        position: 1-based place in this run.
        total: how many this run has.
        statements: how many statements its file has.
        note: why its text is not the obvious one, or from where it is resumed.
    """

    id: str
    direction: Direction
    position: int
    total: int
    statements: int
    note: str | None = None


@dataclass(frozen=True, slots=True)
class StatementsStarted:
    """One message is on its way to the server.

    Attributes:
        id: the migration.
        first: number of its first statement in the file.
        last: number of its last one.
        sql: the beginning of the first statement, on one line.
    """

    id: str
    first: int
    last: int
    sql: str


@dataclass(frozen=True, slots=True)
class StatementsFinished:
    """One message has come through; what it did may still be rolled back with the migration.

    Attributes:
        id: the migration.
        first: number of its first statement in the file.
        last: number of its last one.
        seconds: how long it took, without waits.
        rows: how many it wrote; None where it writes none.
    """

    id: str
    first: int
    last: int
    seconds: float
    rows: int | None


@dataclass(frozen=True, slots=True)
class Progressed:
    """How far something has got that takes long: an index build, a batched backfill, a backup.

    Attributes:
        id: the migration; ``backup`` for a backup.
        phase: what it is doing, in a word or two.
        done: how much of it is done; None where nobody counts.
        total: of how much; None where nobody knows.
        unit: what is counted: blocks, tuples, rows, …
        waiting_for: who holds it up, if somebody does.
        detail: what else there is to say, in a few words.
    """

    id: str
    phase: str
    done: int | None = None
    total: int | None = None
    unit: str = ""
    waiting_for: str | None = None
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class Noted:
    """The server said something that is no error, or a statement returned rows.

    Attributes:
        id: the migration.
        severity: NOTICE, WARNING, INFO, … or ROWS.
        message: the text.
    """

    id: str
    severity: str
    message: str


@dataclass(frozen=True, slots=True)
class MigrationFinished:
    """A migration is committed, ledger and all.

    Attributes:
        id: which one.
        direction: forward or backward.
        seconds: how long it took, with waits.
        rows: how many it wrote; None where none of its statements writes any.
        waited: what was lost by others being in the way, in seconds.
        retries: how many tries came to nothing.
    """

    id: str
    direction: Direction
    seconds: float
    rows: int | None = None
    waited: float = 0.0
    retries: int = 0


@dataclass(frozen=True, slots=True)
class MigrationStopped:
    """A migration did not come through.

    Attributes:
        id: which one.
        direction: forward or backward.
        outcome: ``failed`` and rolled back, ``partial``, ``interrupted`` or ``unknown``.
        code: of the error, as docs/errors.md lists them.
        seconds: how long it took, with waits.
        rows: how many it had written; None where none of its statements writes any.
        waited: what was lost by others being in the way, in seconds.
        retries: how many tries came to nothing.
    """

    id: str
    direction: Direction
    outcome: str
    code: str
    seconds: float
    rows: int | None
    waited: float
    retries: int


Event = (
    CommandStarted
    | Connected
    | RunStarted
    | Waiting
    | Blocked
    | Replaying
    | Asking
    | MigrationStarted
    | StatementsStarted
    | StatementsFinished
    | Progressed
    | Noted
    | MigrationFinished
    | MigrationStopped
)
Listener = Callable[[Event], None]
