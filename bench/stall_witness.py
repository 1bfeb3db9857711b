"""Sees for which locks clients wait, how long, and who is in their way."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

import psycopg
from stall_clients import APPLICATION

if TYPE_CHECKING:
    from types import TracebackType

POLL = 0.03

# Who waits, for what, and the first who is in the way: a holder, or somebody ahead in the queue.
_WAITING = f"""
SELECT extract(epoch FROM clock_timestamp() - l.waitstart)::float8 AS seconds,
       l.mode, coalesce(l.relation::regclass::text, l.locktype) AS on_what, a.query,
       array(SELECT format('%s: %s (%s)', b.application_name, left(b.query, 120), b.state)
             FROM unnest(pg_blocking_pids(l.pid)) AS p (pid)
             LEFT JOIN pg_stat_activity AS b ON b.pid = p.pid) AS blockers
FROM pg_locks AS l JOIN pg_stat_activity AS a ON a.pid = l.pid
WHERE NOT l.granted AND l.waitstart IS NOT NULL AND a.application_name LIKE '{APPLICATION}%'
ORDER BY seconds DESC LIMIT 1
"""


@dataclass(slots=True)
class Witness:
    """Looks on a connection of its own for as long as the block runs.

    Attributes:
        url: of the database.
        longest: seconds of the longest wait for a lock that was seen; a poll's length less than
            it was.
        story: that wait, in words.
    """

    url: str
    longest: float = 0.0
    story: str = ""
    _over: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        connection = psycopg.connect(self.url, autocommit=True, application_name="stall witness")
        self._thread = threading.Thread(target=self._look, args=(connection,))
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()
        if self._thread:
            self._thread.join()

    def _look(self, connection: psycopg.Connection[Any]) -> None:
        with connection:
            while not self._over.wait(POLL):
                row = connection.execute(_WAITING.encode()).fetchone()
                if row and row[0] > self.longest:
                    self.longest, mode, what, query, blockers = row
                    others = "; ".join(blockers)
                    self.story = f"{query} | waits for {mode} on {what} | behind {others}"
