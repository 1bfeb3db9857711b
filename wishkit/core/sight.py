"""What one look at a database finds, row by row, and who of all these belongs together."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from wishkit.core.sign import Caller, Sign, Wait, parse

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from wishkit.core.migration import Direction

MOST = 50  # of those in the way of one run; a crowd of readers may be hundreds


@dataclass(frozen=True, slots=True)
class Place:
    """Of which server a look is, and what it may see: live_server.sql."""

    now: datetime
    standby: bool
    role: str
    ledger: bool
    readable: bool


@dataclass(frozen=True, slots=True)
class OpenRun:
    """A run that has not said that it ended: live_runs.sql."""

    run: int
    verb: str
    role: str
    os_user: str | None
    host: str | None
    environment: str | None
    started_at: datetime
    pid: int | None
    backend_start: datetime | None


@dataclass(frozen=True, slots=True)
class LastRun:
    """The last one that has: live_ended.sql."""

    run: int
    verb: str
    role: str
    os_user: str | None
    host: str | None
    environment: str | None
    started_at: datetime
    ended_at: datetime
    outcome: str
    done: int
    migration: str | None
    direction: str | None
    code: str | None
    message: str | None


@dataclass(frozen=True, slots=True)
class Journalled:
    """Where a non-transactional migration is: live_steps.sql."""

    run: int | None
    migration: str
    direction: Direction
    statement: int
    statements: int
    sql: str
    started_at: datetime
    done: bool
    rows: int | None


@dataclass(frozen=True, slots=True)
class Session:
    """A session of wishkit: live_sessions.sql."""

    pid: int
    role: str | None
    name: str
    state: str | None
    query: str | None
    query_start: datetime | None
    backend_start: datetime | None
    has_lock: bool

    @property
    def says(self) -> Sign | Caller | None:
        """What it says by its name."""
        return parse(self.name)


@dataclass(frozen=True, slots=True)
class Waits:
    """Somebody who waits for a lock: live_waits.sql."""

    pid: int
    blockers: Sequence[int]
    mode: str
    oid: int | None
    relation: str | None
    since: datetime | None
    role: str | None
    application: str | None
    query: str | None
    query_start: datetime | None
    crowd: int


@dataclass(frozen=True, slots=True)
class Counted:
    """How far the server says that a process is: live_progress.sql."""

    pid: int
    phase: str
    done: int | None
    total: int | None
    unit: str
    relation: str | None
    parts_done: int | None
    parts_total: int | None


@dataclass(frozen=True, slots=True)
class Sight:
    """One look at a database.

    Attributes:
        place: which, and what may be seen.
        runs: open ones, newest first.
        last: the last one that ended.
        steps: of non-transactional migrations.
        sessions: wishkit's.
        waits: of everybody, by pid.
        counted: of everybody, by pid.
    """

    place: Place
    runs: Sequence[OpenRun] = ()
    last: LastRun | None = None
    steps: Sequence[Journalled] = ()
    sessions: Sequence[Session] = ()
    waits: Mapping[int, Waits] = field(default_factory=dict)
    counted: Mapping[int, Counted] = field(default_factory=dict)

    @property
    def holder(self) -> Session | None:
        """Who has the run lock."""
        return next((it for it in self.sessions if it.has_lock), None)

    def worker(self, run: OpenRun) -> Session | None:
        """The session that does the work of a run. A pid may recur, so its start is compared."""
        for it in self.sessions:
            seen = run.backend_start and it.backend_start
            if (it.pid, it.role) == (run.pid, run.role) and (
                not seen or run.backend_start == it.backend_start
            ):
                return it
        return None

    def gate(self, worker: Session | None) -> Sign | None:
        """What the guard says of a gate at which the run waits, if it does."""
        says = self.holder and self.holder.says
        if not (isinstance(says, Sign) and says.gate):
            return None
        idle = worker is None or worker.state in {None, "idle"}
        return says if idle and not (worker and worker.pid in self.waits) else None

    def behind(self, pid: int) -> list[Wait]:
        """Who is in the way of a process that waits, nearest first, and in the way of those."""
        found: dict[Wait, None] = {}
        passed, ahead = set[int](), [pid]
        while ahead:
            waits = self.waits.get(ahead.pop(0))
            if waits is None or waits.pid in passed:
                continue
            passed.add(waits.pid)
            found |= dict.fromkeys(Wait(it, waits.oid) for it in waits.blockers)
            ahead += waits.blockers
        return list(found)

    def in_the_way(self, worker: Session | None) -> list[Wait]:
        """Whom a run waits for, queueing or not, and whom those wait for."""
        gate = self.gate(worker)
        found = list(gate.waits) if gate else []
        for pid in [worker.pid] if worker else []:
            found += self.behind(pid)
        for wait in tuple(found):
            found += self.behind(wait.pid)
        return list(dict.fromkeys(found))[:MOST]

    def workers(self) -> list[Session | None]:
        """The sessions that do the work of runs; None for a run whose session is not there."""
        recorded = [self.worker(run) for run in self.runs]
        return recorded if any(recorded) else [*recorded, self.unrecorded]

    @property
    def unrecorded(self) -> Session | None:
        """A session that says where it is, where the ledger cannot be asked whose it is."""
        return next(
            (it for it in self.sessions if isinstance(it.says, Sign) and not it.has_lock), None
        )
