"""Nobody notices: a statement queues for its locks only where that stalls no client.

A lock that has to be waited for is worse than one that is held: every client behind us in the
queue waits as long as we do. So we do not even queue while somebody holds what we need (the
gate); when we do, only for a moment (the attempt, by lock_timeout); a second connection watches
whether anybody waits for us all the same (the watchdog); and we come back later (the retry), until
a deadline.

Manual: 13.3 Explicit Locking; 19.11 lock_timeout; pg_blocking_pids and pg_locks.waitstart.
"""

from __future__ import annotations

import random
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import psycopg

from wishkit.core.events import Waiting
from wishkit.core.locks import LockMode
from wishkit.postgres.queries import query
from wishkit.postgres.session import Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from wishkit.core.events import Listener
    from wishkit.core.wants import Want

    Connection = psycopg.Connection[Any]

Settings = tuple[str, ...]
RETRIED = {"55P03": "lock timeout", "40P01": "deadlock"}
CANCELLED = "57014"


@dataclass(frozen=True, slots=True)
class Limits:
    """How much anybody may notice. Times in seconds.

    Attributes:
        attempt: for how long we queue for a lock (lock_timeout).
        old: a holder whose transaction is older keeps the gate closed.
        stall: when a client has waited for us this long, we cancel ourselves.
        deadline: how long to go on trying; counted from the first look.
    """

    attempt: float = 0.1
    old: float = 0.2
    stall: float = 0.2
    deadline: float = 300.0


@dataclass(frozen=True, slots=True)
class Holder:
    """Somebody who holds what we need.

    Attributes:
        pid: server process; 0 for a prepared transaction.
        transaction: its virtual transaction id, which tells it from the next one.
        relation: on what.
        mode: which lock, as pg_locks names it.
        role: whose; None where this role may not see it.
        application: as it names itself.
        state: active, idle in transaction, …
        query: what it runs or ran last.
        autovacuum: it is an autovacuum worker, which gives way to who waits for long enough.
        age: of its transaction, in seconds.
    """

    pid: int
    transaction: str
    relation: str
    mode: str
    role: str | None
    application: str | None
    state: str | None
    query: str | None
    autovacuum: bool
    age: float

    def __str__(self) -> str:
        who = f"pid {self.pid}" if self.pid else "no process"
        parts = [who, f"role {self.role}" if self.role else None, self.application, self.state]
        text = ", ".join(part for part in parts if part)
        statement = " ".join((self.query or "").split())[:80]
        return f"{text}, {self.age:.1f} s, {self.mode} on {self.relation}" + (
            f": {statement}" if statement else ""
        )


@dataclass(slots=True)
class Gate:
    """Looks, on a connection of its own, who is in the way.

    Attributes:
        monitor: an idle connection in autocommit mode.
        ours: the process that will ask for the locks.
        limits: how old a holder may be.
    """

    monitor: Connection
    ours: int
    limits: Limits
    _seen: dict[tuple[int, str], float] = field(default_factory=dict)

    def holders(self, wanted: Iterable[Want]) -> tuple[Holder, ...]:
        """Who holds what conflicts, oldest first, however young."""
        pairs = [
            (want.relation, _pg_name(mode), want.descendants)
            for want in wanted
            for mode in LockMode
            if want.mode.conflicts(mode)
        ]
        values = {
            "names": [p[0] for p in pairs],
            "held": [p[1] for p in pairs],
            "descendants": [p[2] for p in pairs],
            "ours": self.ours,
        }
        rows = self.monitor.execute(query("lock_holders"), values).fetchall()
        now = time.monotonic()
        found = []
        for row in rows:
            # A role without pg_monitor sees no ages of others: then from when we saw it first.
            first = self._seen.setdefault((row[0], row[1]), now)
            found.append(Holder(*(*row[:9], max(row[9], now - first))))
        return tuple(found)

    def closed_by(self, wanted: Iterable[Want]) -> tuple[Holder, ...]:
        """Who is in the way for longer than a client could bear to wait."""
        return tuple(h for h in self.holders(wanted) if h.age > self.limits.old)


@dataclass(slots=True)
class Watchdog:
    """Cancels our own statement when a client has waited for it too long.

    Attributes:
        monitor: an idle connection in autocommit mode; used by the watching thread alone.
        ours: the process that is watched.
        limits: how long a client may wait.
        barked: whether it cancelled.
        queued: whether our statement was itself still waiting for a lock then.
    """

    monitor: Connection
    ours: int
    limits: Limits
    barked: bool = False
    queued: bool = False

    POLL = 0.025

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Watch for as long as the block runs."""
        over = threading.Event()
        thread = threading.Thread(target=self._watch, args=(over,), daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    def _watch(self, over: threading.Event) -> None:
        while not over.wait(self.POLL):
            try:
                row = self.monitor.execute(query("clients_waiting"), {"ours": self.ours}).fetchone()
                if row and row[0] is not None and row[0] > self.limits.stall and not over.is_set():
                    self.barked, self.queued = True, bool(row[1])
                    self.monitor.execute(query("cancel"), {"pid": self.ours})
                    return
            except psycopg.Error:
                return  # the monitor is gone; the statement's own lock_timeout still holds


class OutOfPatience(Exception):
    """The deadline came first.

    Attributes:
        holders: who was in the way at the last look.
        refused: what the server said to the last attempt, if there was one.
    """

    def __init__(self, holders: tuple[Holder, ...], refused: Refused | None) -> None:
        super().__init__("out of patience")
        self.holders = holders
        self.refused = refused


class Stalled(Exception):
    """We cancelled ourselves: the statement held its lock for longer than clients can wait."""

    def __init__(self, refused: Refused) -> None:
        super().__init__("clients were waiting")
        self.refused = refused


def patiently(
    attempt: Callable[[Settings], None],
    *,
    wanted: tuple[Want, ...],
    monitor: Connection,
    ours: int,
    limits: Limits,
    listener: Listener,
) -> None:
    """Attempt something until it got its locks without anybody noticing.

    Args:
        attempt: does the work in a transaction, given statements to send behind BEGIN;
            leaves no transaction open when it raises.
        wanted: the locks it needs on relations others may be using; none: it is simply done.
        monitor: an idle connection for looking and watching.
        ours: process id of the connection that does the work.
        limits: how much anybody may notice.
        listener: is told whom we wait for.

    Raises:
        OutOfPatience: the deadline came first; nothing was kept.
        Stalled: the statement works too long under its lock; nothing was kept.
        Refused: what the attempt raises for other reasons.
    """
    if not wanted:
        attempt(())
        return
    gate = Gate(monitor, ours, limits)
    deadline = time.monotonic() + limits.deadline
    pause, told = limits.attempt, ""
    refused: Refused | None = None
    while True:
        # The first attempt goes without a look: on a quiet database it is the only one, and where
        # somebody is in the way its lock_timeout is all that a client can notice of it.
        holders = gate.closed_by(wanted) if refused else ()
        workers = bool(holders) and all(h.autovacuum for h in holders)
        if not holders or workers:
            watchdog = Watchdog(monitor, ours, limits)
            try:
                with watchdog.watching():
                    attempt(_settings(limits, yields_late=workers))
            except Refused as error:
                if error.error.sqlstate == CANCELLED and watchdog.barked and not watchdog.queued:
                    raise Stalled(error) from error
                retried = error.error.sqlstate in RETRIED or watchdog.barked
                if not retried:
                    raise
                refused, holders = error, gate.holders(wanted)
            else:
                return
            # Somebody was in the way: come back at another moment than everybody else.
            pause = min(pause * 1.5, 1.0)
            nap = pause * random.uniform(0.5, 1.0)  # noqa: S311 - jitter, no secret
        else:
            nap = 0.05
        if time.monotonic() + nap >= deadline:
            raise OutOfPatience(holders, refused)
        whom = str(holders[0]) if holders else "somebody who has gone by now"
        if whom.split(",")[0] != told:
            listener(Waiting("a lock", whom))
            told = whom.split(",")[0]
        time.sleep(nap)


def _settings(limits: Limits, *, yields_late: bool) -> Settings:
    """What an attempt is subject to.

    Autovacuum gives way to who has waited for deadlock_timeout (manual, 24.1.6): one second by
    default. Where this role may lower it, it is asked at once; where not, one attempt waits for
    just over that second, as shorter ones would never come through.
    """
    timeout = round(limits.attempt * 1000)
    if not yields_late:
        return (f"SET LOCAL lock_timeout = '{timeout}ms'",)
    superuser = "pg_catalog.current_setting('is_superuser') = 'on'"
    waits = f"(CASE WHEN {superuser} THEN {timeout} ELSE 1100 + {timeout} END)::text"
    return (
        f"SELECT pg_catalog.set_config('deadlock_timeout', '10ms', true) WHERE {superuser}",
        f"SELECT pg_catalog.set_config('lock_timeout', {waits}, true)",
    )


def _pg_name(mode: LockMode) -> str:
    """As pg_locks.mode spells it: ``ShareUpdateExclusiveLock``."""
    return "".join(word.capitalize() for word in mode.label.split()) + "Lock"
