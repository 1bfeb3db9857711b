"""What runs on a database right now, as another session sees it; page and terminal show it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from wishkit.core.events import Blocker, Progressed
    from wishkit.core.migration import Direction


class Doing(StrEnum):
    """What a run is at."""

    PREPARING = "preparing"  # it has the run lock and has not begun
    WORKING = "working"  # the server works on a statement of a migration
    WAITING = "waiting"  # that statement waits for a lock
    GATE = "gate"  # it waits without queueing, until somebody lets go of what it needs
    BETWEEN = "between"  # it is between two migrations, or before the first or behind the last
    ORPHANED = "orphaned"  # its client is gone; the server still works on the statement
    UNSEEN = "unseen"  # the ledger says that it has not ended; a standby sees no more


@dataclass(frozen=True, slots=True)
class At:
    """The statement, or the few of one message, that a run is at.

    Attributes:
        first: number of the first one in its file; None where nobody says.
        last: number of the last one.
        statements: how many the file has.
        sql: the beginning of the first one, on one line, without secrets; None where it cannot be
            seen.
        seconds: for how long it has been at it; None where that cannot be seen.
    """

    first: int | None
    last: int | None
    statements: int | None
    sql: str | None
    seconds: float | None


@dataclass(frozen=True, slots=True)
class Waiter:
    """A session that waits for a lock because of a run, or behind somebody who does.

    Attributes:
        pid: server process.
        role: whose.
        application: as it names itself.
        sql: what it wants to run: the beginning, on one line, without secrets; None where that
            cannot be seen.
        started_at: when that statement began, in UTC; None where it cannot be seen.
        seconds: for how long it has waited.
        mode: which lock it wants, such as ``ACCESS SHARE``; None where it is not one on a relation.
        relation: on what.
    """

    pid: int
    role: str | None
    application: str | None
    sql: str | None
    started_at: datetime | None
    seconds: float
    mode: str | None
    relation: str | None


@dataclass(frozen=True, slots=True)
class Edge:
    """One process waits for another.

    Attributes:
        waiter: its pid.
        blocker: the pid of who is in its way; 0 for a prepared transaction.
    """

    waiter: int
    blocker: int


@dataclass(frozen=True, slots=True)
class Running:
    """A run that is under way.

    What cannot be seen is None; ``Live.advice`` says which grant would show it.

    Attributes:
        run: its number in the ledger; None before it has one.
        verb: what was asked: migrate, rollback, …
        role: who is logged in.
        os_user: login name on the machine it was started from.
        host: name of that machine.
        environment: how the database was named.
        started_at: when it began, in UTC.
        seconds: since then.
        pid: server process that does the work; while it prepares, the one that holds the lock.
        doing: what it is at.
        migration: which one.
        direction: which way.
        position: 1-based place of the migration in this run.
        total: how many this run has.
        at: the statement.
        progress: how far that is, where the server or the ledger counts.
        fraction: how much of that is done, from 0 to 1; None where nobody knows. An index is built
            in several phases, each of which begins at 0.
        blockers: whom it waits for, and for whom those wait in turn.
        waiters: who waits for it, directly or behind others, who has waited longest first.
        edges: who of all these waits for whom.
    """

    run: int | None
    verb: str | None
    role: str | None
    os_user: str | None
    host: str | None
    environment: str | None
    started_at: datetime | None
    seconds: float | None
    pid: int | None
    doing: Doing
    migration: str | None = None
    direction: Direction | None = None
    position: int | None = None
    total: int | None = None
    at: At | None = None
    progress: Progressed | None = None
    fraction: float | None = None
    blockers: tuple[Blocker, ...] = ()
    waiters: tuple[Waiter, ...] = ()
    edges: tuple[Edge, ...] = ()


@dataclass(frozen=True, slots=True)
class Queued:
    """A run that waits until another one has let go of the run lock.

    Attributes:
        verb: what was asked.
        role: who is logged in.
        os_user: login name on the machine it was started from; may have been cut.
        host: name of that machine; may have been cut.
        pid: server process that asks for the lock.
        seconds: since it connected; None where that cannot be seen.
    """

    verb: str
    role: str | None
    os_user: str
    host: str
    pid: int
    seconds: float | None


@dataclass(frozen=True, slots=True)
class EndedRun:
    """How the last run ended that has.

    Attributes:
        run: its number in the ledger.
        verb: what was asked.
        role: who was logged in.
        os_user: login name on the machine it was started from.
        host: name of that machine.
        environment: how the database was named.
        started_at: when it began, in UTC.
        ended_at: when it ended, in UTC; None when it never said so.
        ago: seconds since then.
        outcome: done, failed, partial, interrupted, unknown or lost, as ``wishkit.run`` has it;
            ``gone`` when it has not said so, and is no longer there.
        done: how many migrations it ran to their end.
        migration: the last one that it tried.
        direction: which way.
        code: of the error that stopped that one.
        message: of that error, without secrets.
    """

    run: int
    verb: str
    role: str | None
    os_user: str | None
    host: str | None
    environment: str | None
    started_at: datetime
    ended_at: datetime | None
    ago: float | None
    outcome: str
    done: int
    migration: str | None
    direction: str | None
    code: str | None
    message: str | None


@dataclass(frozen=True, slots=True)
class Live:
    """What runs on one database, at one moment.

    Attributes:
        read_at: that moment, by the server's clock, in UTC.
        running: runs under way; rarely more than one.
        queued: runs that wait until they may begin.
        ended: how the last one ended; None where none ever has, or it cannot be read.
        unlooked: how many more sessions wait for a lock: so many that they were only counted.
        advice: what would show more, such as a grant.
    """

    read_at: datetime
    running: tuple[Running, ...] = ()
    queued: tuple[Queued, ...] = ()
    ended: EndedRun | None = None
    unlooked: int = 0
    advice: tuple[str, ...] = ()
