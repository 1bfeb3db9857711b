"""What a run tells while it is at work, as a person sees it on stderr."""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING, Self

from wishkit.core.events import (
    Asking,
    Blocked,
    Connected,
    MigrationFinished,
    MigrationStarted,
    Noted,
    Progressed,
    Replaying,
    StatementsStarted,
    Waiting,
)
from wishkit.interface.meter import Meter
from wishkit.interface.output import console, say, seconds, styled, whole_seconds
from wishkit.interface.pace import Pace

if TYPE_CHECKING:
    from types import TracebackType

    from rich.console import ConsoleRenderable
    from rich.live import Live

    from wishkit.core.events import Event
    from wishkit.interface.audience import Ending

_MARKS = {"forward": "✓", "backward": "↩"}
_DONE = {"forward": "applied", "backward": "rolled back"}
_BLOCKERS_SHOWN = 5
_NOTICED = 1.0  # seconds after which somebody wonders
_LINES_KEPT = 5  # finished migrations that stay in sight above the one that runs


class Progress:
    """Listens to a run; a context manager, so that the live lines go away however it ends.

    On a terminal a few live lines tell what runs and for how long; they make room for the table
    of results. Off a terminal, and with ``quiet``, there are none: only what is true for good is
    said, one line each.

    Args:
        quiet: say nothing but what the server said; for --json.
    """

    asks = True

    def __init__(self, *, quiet: bool = False) -> None:
        self._quiet = quiet
        self._live: Live | None = None
        self._moving = not quiet and sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
        self._migration: MigrationStarted | None = None
        self._statement: StatementsStarted | None = None
        self._meter: Meter | None = None
        self._waiting: Waiting | None = None
        self._blocked: Blocked | None = None
        self._replaying: Replaying | None = None
        self._asking: Asking | None = None
        self._pace = Pace()
        self._finished: list[MigrationFinished] = []
        self._began = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def end(self, ending: Ending) -> None:
        """Take the live lines away; how it ended is told by who prints the result."""
        del ending
        self.stop()

    def stop(self) -> None:
        """Take the live lines away, before something else is asked or printed."""
        if self._live:
            self._live.stop()
            self._live = None

    def __call__(self, event: Event) -> None:  # noqa: C901 - one case a kind of event
        """Take one event."""
        match event:
            case Connected():
                self._say(event.target, "dim")
            case Waiting():
                self._wait(event)
            case Blocked():
                self._block(event)
            case Replaying():
                self._replay(event)
            case Asking():
                self._asking = event
                self._show()
            case MigrationStarted():
                self._start(event)
            case StatementsStarted():
                self._statement, self._meter, self._blocked = event, None, None
            case Progressed():
                self._measure(event)
            case Noted():
                self._note(event)
            case MigrationFinished():
                self._migration = self._blocked = None
                self._finished.append(event)
                if not self._moving:
                    self._say(_finished(event), "")

    def _start(self, event: MigrationStarted) -> None:
        self._migration, self._statement, self._meter = event, None, None
        self._began = time.monotonic()
        if event.note:
            self._say(f"{event.id}: {event.note}", "bold")
        self._show()

    def _replay(self, event: Replaying) -> None:
        """Once it takes longer than a second: how far; where nothing moves, that it is so."""
        if event.elapsed < _NOTICED:
            return
        if self._moving:
            self._replaying = event
            self._show()
        elif self._replaying is None:
            self._replaying = event
            self._say(f"{event.what} {event.total:,} migrations on a scratch server", "")

    def _wait(self, event: Waiting) -> None:
        if self._waiting != event:
            self._say(f"waiting for {event.what}: {event.whom}", "bold")
        self._waiting = event

    def _block(self, event: Blocked) -> None:
        """Show who is in the way; where nothing moves, when somebody comes and now and then."""
        self._blocked = event
        if not self._moving and self._pace.blocked(event):
            first, *others = _blocked(event)
            for line in (f"{event.id}: {first}", *others):
                self._say(line, "")

    def _measure(self, event: Progressed) -> None:
        """Move the bar; where there is none, say a line now and then."""
        self._blocked = None  # it has got on, so whoever that was has gone
        due = self._meter is None
        if self._meter:
            due = self._meter.tell(event)
        else:
            self._meter = Meter.of(event)
        if (
            self._migration is None and self._statement is None
        ):  # of no run: nothing is said of what is over in no time
            due = due and time.monotonic() - self._meter.began > _NOTICED
            self._show()
        if due and not self._moving:
            self._say(self._meter.line(), "")

    def _note(self, event: Noted) -> None:
        lines = event.message.splitlines() or [""]
        first = f" {lines.pop(0)}" if len(lines) == 1 else ""
        self._say(f"{event.id}: {event.severity.lower()}:{first}", "", always=True)
        for line in lines:
            self._say(f"  {line}", "", always=True)

    def _say(self, text: str, style: str, *, always: bool = False) -> None:
        if self._quiet and not always:
            return
        if self._live:
            self._live.console.print(text, style=style, soft_wrap=True)  # above the live lines
        else:
            say(styled(text, style, sys.stderr))

    def _show(self) -> None:
        if not self._moving or self._live:
            return
        from rich.live import Live  # noqa: PLC0415 - heavy, and only on a terminal

        self._live = Live(
            get_renderable=self._lines,
            console=console(stderr=True),
            refresh_per_second=10,
            transient=True,
        )
        self._live.start()

    def _lines(self) -> ConsoleRenderable:
        from rich.text import Text  # noqa: PLC0415 - heavy, and only on a terminal

        lines = [Text(_finished(event), "green") for event in self._finished[-_LINES_KEPT:]]
        migration, statement = self._migration, self._statement
        if again := self._replaying:
            text = f"{again.what} {again.position}/{again.total} {again.id} on a scratch server"
            lines.append(Text(text, "dim"))
        if self._asking:
            asked = self._asking
            lines.append(Text(f"{asked.position}/{asked.total} {asked.id}", "dim"))
        if migration:
            elapsed = whole_seconds(time.monotonic() - self._began)
            line = Text.assemble(
                (f"{migration.position}/{migration.total} ", "dim"),
                (migration.id, "bold"),
                f" {elapsed}",
            )
            if statement:
                numbers = f"{statement.first:,}"
                if statement.last > statement.first:
                    numbers += f"-{statement.last:,}"
                line.append(
                    f" statement {numbers} of {migration.statements:,}: {statement.sql}", "dim"
                )
            lines.append(line)
            if self._blocked:
                lines += [Text(f"    {line}", "yellow") for line in _blocked(self._blocked)]
            if self._meter:
                lines += [Text(f"    {line}", "dim") for line in self._meter.lines()]
        elif self._meter:
            lines += [Text(line, "dim") for line in self._meter.lines()]
        for line in lines:
            line.truncate(console(stderr=True).width - 1, overflow="ellipsis")
        return Text("\n").join(lines)


def _blocked(event: Blocked) -> list[str]:
    left = whole_seconds(event.left)
    lines = [f"waits for a lock without queueing, gives up in {left}; in the way:"]
    lines += [f"  {blocker}" for blocker in event.blockers[:_BLOCKERS_SHOWN]]
    if more := len(event.blockers) - _BLOCKERS_SHOWN:
        lines += [f"  and {more} more"] if more > 0 else []
    return lines


def _finished(event: MigrationFinished) -> str:
    done = f"{_DONE[event.direction]} ({seconds(event.seconds)})"
    return f"{_MARKS[event.direction]} {event.id} {done}"
