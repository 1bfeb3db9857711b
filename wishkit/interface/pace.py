"""How often a log is told what goes on, where nothing is overwritten."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from wishkit.core.events import Blocked, MigrationStarted, Progressed, StatementsStarted, Waiting
from wishkit.interface.meter import Meter

if TYPE_CHECKING:
    from wishkit.core.events import Event

_TOLD_AGAIN = 30.0  # seconds after which a log is told again who is in the way
_TOLD_SOON = 2.0  # after which it is told that there is somebody else; short readers are many


class Pace:
    """Tells which events are worth a line: a wait or a long work sends twenty a second."""

    def __init__(self) -> None:
        self._waiting: Waiting | None = None
        self._blocked: tuple[set[int], float] = (set(), 0.0)
        self._meter: Meter | None = None

    def due(self, event: Event) -> bool:
        """Whether this one is to be told; it counts as told then."""
        match event:
            case Waiting():
                due = self._waiting != event
                self._waiting = event
                return due
            case Blocked():
                return self.blocked(event)
            case MigrationStarted() | StatementsStarted():
                self._meter = None
            case Progressed() if self._meter:
                return self._meter.tell(event)
            case Progressed():
                self._meter = Meter.of(event)
        return True

    def blocked(self, event: Blocked) -> bool:
        """Whether somebody else is in the way, or the same for long."""
        pids, ago = {b.pid for b in event.blockers}, time.monotonic() - self._blocked[1]
        due = ago > (_TOLD_AGAIN if pids <= self._blocked[0] else _TOLD_SOON)
        if due:
            self._blocked = pids, time.monotonic()
        return due
