"""Who is in our way, and who waits for us: asked on a connection that does nothing else."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import psycopg

from wishkit.core.events import Blocker
from wishkit.core.locks import LockMode
from wishkit.postgres.queries import query
from wishkit.postgres.session import Lost

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from wishkit.config import Patience
    from wishkit.core.wants import Want
    from wishkit.postgres.session import Session

    Connection = psycopg.Connection[Any]

POLL = 0.025


class Lookout:
    """The gate and the watchdog of one working connection.

    The watchdog is one thread for a whole run: to start one for each statement would cost more
    than most statements. It looks every 25 ms while a statement is watched, and cancels it when a
    client has waited for it too long.

    Args:
        monitor: an idle connection in autocommit mode; holds no snapshot between two looks.
        session: the connection that does the work.
        patience: how much anybody may notice.

    Attributes:
        barked: whether the statement watched last was cancelled by us.
        queued: whether it was itself still waiting for a lock then.
    """

    def __init__(self, monitor: Connection, session: Session, patience: Patience) -> None:
        self._monitor = monitor
        self._session = session
        self._patience = patience
        self._ours = session.connection.info.backend_pid
        self.barked = self.queued = False
        self._may_stall = False
        self._seen: set[str] = set()  # transactions the statement was seen to wait for
        self._first: dict[tuple[int, str], float] = {}
        self._since: float | None = None
        self._barked_at = 0.0
        self._looking = threading.Lock()
        self._over = threading.Event()
        self._thread: threading.Thread | None = None

    @contextmanager
    def watching(self, *, may_stall: bool) -> Iterator[None]:
        """Watch what the working connection does inside.

        Args:
            may_stall: leave it alone once it has its locks, whoever waits for it.
        """
        self.barked = self.queued = False
        self._may_stall = may_stall
        self._seen.clear()
        self._since = time.monotonic()
        if self._thread is None:
            self._thread = threading.Thread(target=self._watch, daemon=True)
            self._thread.start()
        try:
            yield
        finally:
            with self._looking:  # a cancel on its way must not meet the next statement
                self._since = None

    def close(self) -> None:
        """End the thread; the connections are somebody else's."""
        self._over.set()
        if self._thread:
            self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(POLL):
            with self._looking:
                if self._since is None or time.monotonic() - self._since < POLL:
                    continue
                try:
                    self._look()
                except psycopg.Error:
                    return  # the monitor is gone; the statement's lock_timeout still holds

    def _look(self) -> None:
        values = {"ours": self._ours}
        row = self._monitor.execute(query("clients_waiting"), values).fetchone()
        seconds, queued, blockers = row or (None, False, [])
        self._seen.update(blockers)
        stalls = (seconds or 0) > self._patience.stall and (queued or not self._may_stall)
        # A cancel that came between two statements was lost, so it is given again; but not to
        # the one that is still on its way back.
        if stalls and time.monotonic() - self._barked_at > self._patience.stall:
            self.barked, self.queued = True, queued
            self._barked_at = time.monotonic()
            self._monitor.execute(query("cancel"), {"pid": self._ours})

    def in_the_way(self, wanted: tuple[Want, ...]) -> tuple[Blocker, ...]:
        """Who holds what conflicts, oldest first, however young.

        Besides those whom the text tells of: those that the last attempt was seen to wait for, if
        their transactions are still open.

        Raises:
            Refused: a relation cannot be looked up.
            Lost: one of the two connections went away.
        """
        names = {
            "names": [w.relation for w in wanted],
            "modes": [int(w.mode) for w in wanted],
            "reaches": [w.reach.name if w.reach else None for w in wanted],
            "spreads": [w.spread for w in wanted],
        }
        # Names mean what they mean to the session: its role and search_path, not the monitor's.
        found = self._session.ask(query("relations_wanted"), names) if wanted else []
        pairs = [
            (held, relation)
            for held in LockMode  # the weakest first: of two, the stronger one is told
            for relation, mode in found
            if LockMode(mode).conflicts(held)
        ]
        values = {
            "relations": [relation for _, relation in pairs],
            "held": [held.catalog_name for held, _ in pairs],
            "seen": list(self._seen),
            "ours": self._ours,
        }
        rows = self._ask("lock_holders", values)
        return tuple(self._aged(Blocker(*row)) for row in rows)

    def end(self, blocker: Blocker) -> bool:
        """End somebody's session.

        Returns:
            Whether this role may do so and it was there.

        Raises:
            Lost: the monitor went away.
        """
        try:
            return any(ended for (ended,) in self._ask("terminate", {"pid": blocker.pid}))
        except psycopg.errors.InsufficientPrivilege:
            return False

    def _ask(self, name: str, values: Mapping[str, object]) -> Sequence[tuple[Any, ...]]:
        """Ask on the monitor; with it the run lock goes, so nothing may go on without it."""
        try:
            return self._monitor.execute(query(name), values).fetchall()
        except psycopg.OperationalError as error:
            raise Lost(error) from error

    def _aged(self, blocker: Blocker) -> Blocker:
        """A role without pg_monitor sees no ages of others: then from when we saw it first."""
        now = time.monotonic()
        first = self._first.setdefault((blocker.pid, blocker.transaction), now)
        mode = LockMode.label_of(blocker.mode)
        return replace(blocker, mode=mode, age=max(blocker.age, now - first))
