"""How far something long is: a bar where there are numbers, something that turns where not."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from wishkit.interface.output import byte_words, whole_seconds

if TYPE_CHECKING:
    from wishkit.core.events import Progressed

_BAR = 20  # characters
_TURNS = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
_TURNS_PER_SECOND = 10
# Seconds. Off a terminal a line is said for every phase, then whenever a tenth as long again has
# passed as everything took so far: a build of an hour says about as many lines as it has percent.
_PAUSE = 10.0
_PAUSE_SHARE = 0.1
# Transactions that are waited for end when they like: nothing can be said from those that have.
_UNSTEADY = "transactions"
_BYTES = "bytes"
_SURE_AFTER = 2.0  # seconds, of estimates


@dataclass(slots=True)
class Meter:
    """What was told last about something long, and since when.

    Attributes:
        told: the last event.
        began: when the first one came, in seconds of the client's monotonic clock.
        entered: when the first one of its phase came.
        before: how much was done by then.
        said: when a line was said last.
    """

    told: Progressed
    began: float
    entered: float
    before: int
    said: float

    @classmethod
    def of(cls, event: Progressed) -> Meter:
        """A meter that has just been told for the first time."""
        now = time.monotonic()
        return cls(event, now, now, event.done or 0, now)

    def tell(self, event: Progressed) -> bool:
        """Take one event; whether a line is due where lines are not overwritten."""
        now = time.monotonic()
        entered = event.phase != self.told.phase
        if entered:
            self.entered, self.before = now, event.done or 0
        self.told = event
        due = entered or now - self.said >= max(_PAUSE, _PAUSE_SHARE * (now - self.began))
        if due:
            self.said = now
        return due

    def lines(self) -> list[str]:
        """As a terminal shows it, to be overwritten by the next."""
        share = self._share()
        if share is None:
            turn = int(time.monotonic() * _TURNS_PER_SECOND) % len(_TURNS)
            shown = f"{_TURNS[turn]} {self.told.phase}"
        else:
            full = round(share * _BAR)
            shown = f"{'█' * full}{'░' * (_BAR - full)} {self.told.phase}"
        lines = [", ".join([shown, *self._numbers()])]
        if self.told.waiting_for:
            lines.append(f"waits for {self.told.waiting_for}")
        return lines

    def line(self) -> str:
        """As a log shows it."""
        parts = [self.told.phase, *self._numbers()]
        if self.told.waiting_for:
            parts.append(f"waits for {self.told.waiting_for}")
        return f"{self.told.id}: {', '.join(parts)}"

    def _share(self) -> float | None:
        if self.told.done is None or not self.told.total:
            return None
        return min(1.0, self.told.done / self.told.total)

    def _numbers(self) -> list[str]:
        told, share = self.told, self._share()
        if told.done is None:
            return [told.detail] if told.detail else []
        if share is None:
            return [f"{told.done:,} {told.unit}"] if told.done else []
        much = f"{told.done:,} of {told.total:,} {told.unit}"
        if told.unit == _BYTES:
            much = f"{byte_words(told.done)} of {byte_words(told.total or 0)}"
        numbers = [f"{share:.0%}", much]
        if (left := self._left()) is not None:
            numbers.append(f"about {whole_seconds(left)} left")
        return [*numbers, told.detail] if told.detail else numbers

    def _left(self) -> float | None:
        """Seconds until this phase is over, if it goes on as it did."""
        told, elapsed = self.told, time.monotonic() - self.entered
        gained = (told.done or 0) - self.before
        if told.unit == _UNSTEADY or gained <= 0 or elapsed < _SURE_AFTER:
            return None
        return max(0, (told.total or 0) - (told.done or 0)) * elapsed / gained
