"""How far a long statement is and for whom it waits, asked on another connection while it runs."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import psycopg

from wishkit.core.events import Blocker, Noted, Progressed
from wishkit.core.redact import redact
from wishkit.postgres.queries import query
from wishkit.postgres.session import quote

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wishkit.postgres.run import Run

    Connection = psycopg.Connection[Any]

# Seconds. Most statements are over before anybody wants to know how far they are.
DELAY = 1.0
INTERVAL = 0.5
_HIDDEN = "<insufficient privilege>"  # in the place of a query; manual, pg_stat_activity


class _Seen(NamedTuple):
    """One look at an index being built, as progress.sql takes it."""

    phase: str | None
    lockers_done: int | None
    lockers_total: int | None
    blocks_done: int | None
    blocks_total: int | None
    tuples_done: int | None
    tuples_total: int | None

    def counted(self) -> tuple[int | None, int | None, str]:
        """Done, total and unit of what this phase counts; without numbers where it counts none."""
        if (self.phase or "").startswith("waiting"):
            return self.lockers_done, self.lockers_total or None, "transactions"
        if self.blocks_total:
            return self.blocks_done, self.blocks_total, "blocks"
        return self.tuples_done, self.tuples_total or None, "tuples"


@contextmanager
def watching(run: Run, id_: str) -> Iterator[None]:
    """Tell the listener how far the work connection is, if what it does inside takes longer.

    Asked on the guard, which has nothing else to do meanwhile: every look is a transaction of its
    own, so that no snapshot is there for a build to wait for.

    Args:
        run: whose listener, guard and work connection.
        id_: the migration.
    """
    watch = _Watch(run, id_, run.guard, run.session.connection.info.backend_pid)
    thread = threading.Thread(target=watch.look_on, daemon=True)
    thread.start()
    try:
        yield
    finally:
        watch.over.set()
        thread.join()


@dataclass(slots=True)
class _Watch:
    """Looks again and again at one process of the server."""

    run: Run
    id: str
    guard: Connection
    pid: int
    over: threading.Event = field(default_factory=threading.Event)
    first: dict[int, float] = field(default_factory=dict)

    def look_on(self) -> None:
        """Until it is over."""
        pause = DELAY
        with suppress(psycopg.Error):  # the guard is gone; the run will find that out for itself
            while not self.over.wait(pause):
                row = self.guard.execute(query("progress"), {"pid": self.pid}).fetchone()
                if row and not self.over.is_set():
                    self._tell(_Seen(*row[:7]), row[7:17], watcher=row[17])
                pause = INTERVAL

    def _tell(self, seen: _Seen, blocker: tuple[Any, ...], *, watcher: str) -> None:
        done, total, unit = seen.counted()
        whom = str(self._known(Blocker(*blocker), watcher)) if blocker[0] is not None else None
        phase = seen.phase or "waiting for a lock"
        self.run.listener(Progressed(self.id, phase, done, total, unit, whom))

    def _known(self, blocker: Blocker, watcher: str) -> Blocker:
        """What this role may see of somebody; of what it may not, how long we have seen it."""
        if blocker.query != _HIDDEN:
            return replace(blocker, query=redact(blocker.query or ""))
        if not self.first and watcher not in self.run.advised:
            self.run.advised.add(watcher)
            text = (
                f"who is in the way is seen only in part: GRANT pg_monitor TO {quote(watcher)} "
                "shows state, age and query"
            )
            self.run.listener(Noted(self.id, "NOTICE", text))
        now = time.monotonic()
        return replace(blocker, query=None, age=now - self.first.setdefault(blocker.pid, now))
