"""Who listens to a command: the screen or a log, a file of metrics, spans; all hear the same."""

from __future__ import annotations

import os
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, Self

from wishkit.core.events import CommandStarted, MigrationStarted, Noted

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

    from wishkit.core.events import Event
    from wishkit.errors import WishkitError


@dataclass(frozen=True, slots=True)
class Ending:
    """How a command ended.

    Attributes:
        outcome: ``done``; ``refused`` before any migration ran; ``failed``, ``partial``,
            ``interrupted`` or ``unknown`` as the ledger has it.
        exit_status: of the command; None where it is not known yet.
        error: why it did not do what was asked.
        seconds: since it began.
        raised: the error is still on its way, to be told by who ends the program.
    """

    outcome: str
    exit_status: int | None
    error: WishkitError | None
    seconds: float
    raised: bool = False


class Listening(Protocol):
    """Hears what happens.

    Attributes:
        asks: whether a person reads what it says, and could be asked something.
    """

    asks: bool

    def __call__(self, event: Event) -> None:
        """Take one event."""

    def stop(self) -> None:
        """Make room on the screen, before something else is asked or printed."""


class Sink(Listening, Protocol):
    """Something that an audience is made of."""

    def end(self, ending: Ending) -> None:
        """Take how the command ended; nothing comes after it."""


class Audience:
    """Hands each event on to several, and tells them how it ended; a context manager.

    Who stops reading stderr, a terminal that has gone and a full disk end no run: from then on
    nothing is written there.

    Args:
        verb: what was asked.
        sinks: in the order in which they are told the ending; those that may still have
            something to say before those that say it.
    """

    def __init__(self, verb: str, sinks: Sequence[Sink]) -> None:
        self._verb = verb
        self._sinks = sinks
        self._began = time.monotonic()
        self._ran = False
        self._ending: tuple[WishkitError | None, int] = (None, 0)
        self.asks = all(sink.asks for sink in sinks)

    def __call__(self, event: Event) -> None:
        """Take one event."""
        self._ran = self._ran or isinstance(event, MigrationStarted)
        for sink in self._sinks:
            try:
                sink(event)
            except OSError:
                _let_go_of_stderr()

    def about(self, environment: str) -> None:
        """It is known now which environment is meant."""
        self(CommandStarted(self._verb, environment))

    def ended(self, error: WishkitError | None, exit_status: int | None = None) -> None:
        """Take how it ended: why not, and the exit status if that is not the error's."""
        status = exit_status if exit_status is not None else error.exit_status if error else 0
        self._ending = error, status

    def stop(self) -> None:
        """Make room on the screen, before something else is asked or printed."""
        for sink in self._sinks:
            sink.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        ending = self._raised(error) if error else self._returned()
        for sink in self._sinks:
            try:
                sink.end(ending)
            except OSError:
                _let_go_of_stderr()

    def _returned(self) -> Ending:
        error, status = self._ending
        return Ending(self._outcome(error, status), status, error, self._seconds)

    def _raised(self, error: BaseException) -> Ending:
        from wishkit.errors import Interrupted, WishkitError  # noqa: PLC0415 - imported where used

        if isinstance(error, KeyboardInterrupt):
            error = Interrupted("interrupted")
        if not isinstance(error, WishkitError):  # a bug
            return Ending("failed", None, None, self._seconds, raised=True)
        status = error.exit_status
        return Ending(self._outcome(error, status), status, error, self._seconds, raised=True)

    @property
    def _seconds(self) -> float:
        return time.monotonic() - self._began

    def _outcome(self, error: WishkitError | None, status: int) -> str:
        from wishkit.errors import Interrupted, MigrationPartial, OutcomeUnknown  # noqa: PLC0415 - as above

        match error:
            case MigrationPartial():
                return "partial"
            case OutcomeUnknown():
                return "unknown"
            case Interrupted():
                return "interrupted"
        if not status:
            return "done"
        return "failed" if self._ran else "refused"


def _let_go_of_stderr() -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())


def audience(verb: str, *, quiet: bool, log_json: bool = False) -> Audience:
    """Who listens to a command, as its options have it.

    Args:
        verb: what was asked.
        quiet: ``--json``: stderr has only what the server says.
        log_json: stderr has a log in the place of progress.
    """
    return Audience(verb, [_log() if log_json else _progress(quiet=quiet)])


def audience_of_run(verb: str, *, quiet: bool, log_json: bool, metrics: str | None) -> Audience:
    """Who listens to a command that runs migrations.

    Args:
        verb: what was asked.
        quiet: as for ``audience``.
        log_json: as for ``audience``.
        metrics: a file to write what the run took to.

    Raises:
        UsageError: ``metrics-not-writable``.
    """
    screen = _log() if log_json else _progress(quiet=quiet)
    sinks = [screen]

    def warn(text: str) -> None:
        screen(Noted(verb, "WARNING", text))

    if any(name.startswith("OTEL_") for name in os.environ) or "opentelemetry" in sys.modules:
        from wishkit.interface.tracing import spans  # noqa: PLC0415 - rarely needed

        if traced := spans(verb, warn):
            sinks.insert(0, traced)
    if metrics is not None:
        from wishkit.interface.metrics import Metrics  # noqa: PLC0415 - rarely needed

        sinks.insert(0, Metrics(verb, metrics, warn))
    return Audience(verb, sinks)


def _log() -> Sink:
    from wishkit.interface.json_log import json_log  # noqa: PLC0415 - heavy

    return json_log()


def _progress(*, quiet: bool) -> Sink:
    from wishkit.interface.progress import Progress  # noqa: PLC0415 - imported where used

    return Progress(quiet=quiet)
