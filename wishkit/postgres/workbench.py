"""Databases to try migrations on: connections, runs and rows in them, and a way to stop it all."""

from __future__ import annotations

from concurrent.futures import wait
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import psycopg

from wishkit.config import Patience, Target
from wishkit.core.batches import batches
from wishkit.core.plan import Step, no_way_back
from wishkit.core.probes import statements
from wishkit.postgres.connection import connect
from wishkit.postgres.engine import run_step
from wishkit.postgres.probe import run_script
from wishkit.postgres.run import open_run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from concurrent.futures import Future

    from wishkit.core.migration import Direction, Migration
    from wishkit.core.script import Script
    from wishkit.errors import WishkitError
    from wishkit.postgres.stage import Stage

    Connection = psycopg.Connection[Any]

_CANCEL_POLL = 0.05  # seconds
_LIKE_ANYBODY = Patience(deadline=0)


@dataclass(slots=True)
class Workbench:
    """Databases of a stage, used by several threads.

    Connections are made for each step and not kept in a pool. Each migration is tried in a database
    of its own, at most three connections at a time, eight in all; a database is copied only when
    nobody is connected to it; and a run, or a statement that is measured, has to meet a session in
    which nothing has been planned or set. That leaves one or two in a hundred of a rehearsal's time
    to be saved (measured: 135 connections of 16 ms, in two threads that took 20 s).

    Args:
        stage: where they are.
        verb: what for; shown in pg_stat_activity, and kept in their ledgers.
        patience: with whoever else is connected to them; by default they queue like anybody.

    Attributes:
        stopping: asked to stop: what fails now fails because of that.
    """

    stage: Stage
    verb: str = "rehearse"
    patience: Patience = _LIKE_ANYBODY
    stopping: bool = False
    _open: set[Connection] = field(default_factory=set)

    @contextmanager
    def connect(self, name: str) -> Iterator[Connection]:
        """A connection, in autocommit mode, for the length of a ``with`` block."""
        connection = connect(self._target(name), application_name=f"wishkit {self.verb}")
        self._open.add(connection)
        try:
            yield connection
        finally:
            self._open.discard(connection)
            connection.close()

    @contextmanager
    def running(self, name: str) -> Iterator[Callable[[Migration, Direction], float]]:
        """Run migrations as `migrate` and `rollback` do, for the length of a ``with`` block.

        Yields:
            what runs one, and returns the seconds that it took. Raises WishkitError if it fails.

        Raises:
            WishkitError: a run cannot be begun.
        """
        target = self._target(name)
        with (
            self.connect(name) as connection,
            open_run(connection, target, verb=self.verb, reason=None, listener=_nobody) as run,
        ):

            def one(migration: Migration, direction: Direction) -> float:
                if migration.script(direction) is None:
                    raise no_way_back(migration)
                step = Step(migration, direction)
                parts = batches(step.script, transactional=step.transactional, batched=step.batched)
                return run_step(run, step, parts, position=1, total=1).elapsed

            yield one

    def fill(self, connection: Connection, scripts: Sequence[Script]) -> WishkitError | None:
        """Put rows in, all or none; what stood in the way."""
        error = None
        with connection.transaction() as transaction:
            for script in scripts:
                error = run_script(connection, script, statements(script, what="a fixture"))
                if error:
                    raise psycopg.Rollback(transaction)
        return error

    def stop(self, running: Sequence[Future[Any]]) -> None:
        """End what other threads run, so that nothing is left behind."""
        self.stopping = True
        for it in running:
            it.cancel()
        while wait(running, timeout=_CANCEL_POLL).not_done:
            for connection in tuple(self._open):
                with suppress(psycopg.Error):  # it has just been closed
                    connection.cancel_safe()

    def _target(self, name: str) -> Target:
        return Target(self.stage.url(name), "rehearsal", patience=self.patience)


def _nobody(_event: object) -> None:
    """What these runs tell is nobody's business."""
