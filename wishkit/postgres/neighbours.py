"""Who else lives on a server while long work is going on: clients at work, replicas that follow."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import psycopg

from wishkit.core.events import Noted, Waiting
from wishkit.errors import MigrationFailed
from wishkit.postgres.queries import query
from wishkit.postgres.steps import GaveUp

if TYPE_CHECKING:
    from collections.abc import Callable

    from wishkit.core.events import Progressed
    from wishkit.postgres.run import Run

_LOOK = 0.25  # seconds between two looks, and between two reports of progress
_LONGEST_REST = 1.0


@dataclass(slots=True)
class Neighbours:
    """Leaves room for others between two pieces of work.

    Attributes:
        run: whose guard asks.
        id: the migration, for the listener.
        busy: whether clients were at work at the last look.
        looked: when that was, by the client's monotonic clock.
        told: whether it was said that replicas cannot be seen.
    """

    run: Run
    id: str
    busy: bool = False
    looked: float = 0.0
    told: bool = False

    def let_live(self, seconds: float, progress: Callable[[str | None], Progressed]) -> None:
        """Rest for as long as the last piece took, if others are at work, and wait for replicas.

        Args:
            seconds: how long the last piece took.
            progress: what to report, given whom we wait for.

        Raises:
            GaveUp: ``replica-behind``: one did not catch up before the deadline.
        """
        if time.monotonic() - self.looked >= _LOOK:
            self.run.listener(progress(None))
            self.busy = self._clients_active()
            self._wait_for_replicas(progress)
            self.looked = time.monotonic()
        if self.busy:
            time.sleep(min(seconds, _LONGEST_REST))

    def _wait_for_replicas(self, progress: Callable[[str | None], Progressed]) -> None:
        patience = self.run.target.patience
        began = time.monotonic()
        waits = False
        while patience.deadline and (behind := self._behind(patience.replica_lag)):
            if time.monotonic() - began >= patience.deadline:
                raise GaveUp(
                    MigrationFailed(
                        f"gave up after {patience.deadline:g} s: {behind}",
                        code="replica-behind",
                        help="see why it does not keep up (pg_stat_replication); if it is meant to "
                        "be behind, allow more: replica_lag = … in wishkit.toml",
                    )
                )
            if not waits:
                waits = True
                self.run.listener(Waiting("a replica to catch up", behind))
            self.run.listener(progress(behind))
            time.sleep(_LOOK)

    def _behind(self, limit: float) -> str | None:
        """Which replica is too far behind, in words."""
        row = self._ask("replica_lag")
        if row is None:
            return None
        name, seconds, visible = row
        if not visible and not self.told:
            self.told = True
            role = self.run.guard.info.user
            text = (
                "this role may not see whether replicas keep up, so nothing waits for them; "
                f'GRANT pg_monitor TO "{role}" would show it'
            )
            self.run.listener(Noted(self.id, "NOTICE", text))
        if seconds is None or seconds <= limit:
            return None
        return f"{name} is {seconds:.0f} s behind"

    def _clients_active(self) -> bool:
        row = self._ask("clients_active", ours=self.run.session.connection.info.backend_pid)
        return row is not None and bool(row[0])

    def _ask(self, name: str, **values: object) -> tuple[Any, ...] | None:
        """A question to the guard, which need not answer: the work does not depend on it."""
        try:
            return self.run.guard.execute(query(name), values or None).fetchone()
        except psycopg.Error:
            return None
