"""One look for all who watch: how often environments are asked is decided here alone."""

from __future__ import annotations

import asyncio
import threading
import time
import traceback
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from wishkit.core.redact import redact

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Edition(Generic[T]):
    """What one look found.

    Attributes:
        number: counts the looks of this process, from 1.
        board: what was found.
        ended: when, in seconds of the machine's monotonic clock.
    """

    number: int
    board: T
    ended: float


class LookFailedError(Exception):
    """A look came to nothing, which it never should; it has been told."""


class Poller(Generic[T]):
    """Looks again and again while somebody watches, and not at all while nobody does.

    The thread that looks is its own; everything else belongs to the loop that ``start`` is called
    in.

    Args:
        look: asks everything, given what it found the last time; is called by one thread.
        interval: seconds from the beginning of one look to that of the next, at least.
        say: is told why a look came to nothing, without secrets.
    """

    def __init__(
        self, look: Callable[[T | None], T], *, interval: float, say: Callable[[str], None]
    ) -> None:
        self._look, self._interval, self._say = look, interval, say
        self._failures = 0
        self._edition: Edition[T] | None = None
        self._watchers, self._wanted, self._since = 0, False, 0.0
        self._change = threading.Condition()
        self._closed = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._news = asyncio.Event()

    def start(self) -> None:
        """Begin, in the loop that is running."""
        self._loop = asyncio.get_running_loop()
        # A daemon: an environment that hangs must not hold up the process's end.
        threading.Thread(target=self._work, name="dashboard looks", daemon=True).start()

    def close(self) -> None:
        """Look no more, and tell all who wait that there will be nothing."""
        self._closed.set()
        with self._change:
            self._change.notify()
        self._news.set()

    @property
    def closed(self) -> bool:
        """Whether it has come to its end."""
        return self._closed.is_set()

    @property
    def interval(self) -> float:
        """Seconds from one look to the next, at least."""
        return self._interval

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Somebody watches for as long as the block."""
        self._want(1)
        try:
            yield
        finally:
            with self._change:
                self._watchers -= 1

    async def newest(self) -> Edition[T] | None:
        """What was found last, or now if that is too long ago; None: it has come to its end.

        Raises:
            LookFailedError: nothing could be found.
        """
        edition = self._edition
        if edition:
            kept_new = self._watchers and edition.ended >= self._since
            if kept_new or time.monotonic() - edition.ended <= self._interval:
                return edition
        return await self.after(edition.number if edition else 0)

    async def after(self, number: int) -> Edition[T] | None:
        """The first thing found after that edition; None: it has come to its end.

        Raises:
            LookFailedError: nothing could be found.
        """
        failures = self._failures
        if self._edition is None or self._edition.number <= number:
            self._want(0)
        while not self.closed:
            if self._edition and self._edition.number > number:
                return self._edition
            if self._failures > failures:
                raise LookFailedError
            await self._news.wait()
        return None

    def _want(self, watchers: int) -> None:
        with self._change:
            if watchers and not self._watchers:
                self._since = time.monotonic()
            self._wanted = True
            self._watchers += watchers
            self._change.notify()

    def _publish(self, edition: Edition[T] | None) -> None:
        if edition:
            self._edition = edition
        else:
            self._failures += 1
        news, self._news = self._news, asyncio.Event()
        news.set()
        if self.closed:
            self._news.set()

    def _work(self) -> None:
        board, number, began = None, 0, -self._interval
        edition: Edition[T] | None
        while True:
            with self._change:
                self._change.wait_for(lambda: self.closed or self._wanted or self._watchers)
                self._wanted = False
            if self._closed.wait(max(0.0, began + self._interval - time.monotonic())):
                return
            began, number = time.monotonic(), number + 1
            try:
                board = self._look(board)
                edition = Edition(number, board, time.monotonic())
            except Exception:  # noqa: BLE001 - the next look may come to something
                self._say(redact(traceback.format_exc().rstrip()))
                edition = None
            with suppress(RuntimeError):  # the loop has ended meanwhile
                if self._loop:
                    self._loop.call_soon_threadsafe(self._publish, edition)
