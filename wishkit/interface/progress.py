"""What a run tells while it is at work, as a person sees it on stderr."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Self

from wishkit.core.events import (
    Connected,
    MigrationFinished,
    MigrationStarted,
    Noted,
    StatementsStarted,
    Waiting,
)
from wishkit.interface.output import console, say, seconds

if TYPE_CHECKING:
    from types import TracebackType

    from rich.console import ConsoleRenderable
    from rich.live import Live

    from wishkit.core.events import Event

_MARKS = {"forward": "✓", "backward": "↩"}


class Progress:
    """Listens to a run; a context manager, so that the live line goes away however it ends.

    Off a terminal, and with ``quiet``, there is no live line: only what is true for good is said,
    one line each.

    Args:
        quiet: say nothing but what the server said; for --json.
    """

    def __init__(self, *, quiet: bool = False) -> None:
        self._quiet = quiet
        self._live: Live | None = None
        self._moving = not quiet and sys.stderr.isatty()
        self._migration: MigrationStarted | None = None
        self._statement: StatementsStarted | None = None
        self._waiting: Waiting | None = None
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

    def stop(self) -> None:
        """Take the live line away, before something else is asked or printed."""
        if self._live:
            self._live.stop()
            self._live = None

    def __call__(self, event: Event) -> None:
        """Take one event."""
        match event:
            case Connected():
                self._say(event.target, "dim")
            case Waiting():
                if self._waiting != event:
                    self._say(f"waiting for {event.what}: {event.whom}", "yellow")
                self._waiting = event
            case MigrationStarted():
                self._migration, self._statement = event, None
                self._began = time.monotonic()
                if event.note:
                    self._say(f"{event.id}: {event.note}", "yellow")
                self._show()
            case StatementsStarted():
                self._statement = event
            case Noted():
                self._note(event)
            case MigrationFinished():
                self._migration = None
                verb = "applied" if event.direction == "forward" else "rolled back"
                mark = _MARKS[event.direction]
                self._say(f"{mark} {event.id} {verb} ({seconds(event.seconds)})", "green")

    def _note(self, event: Noted) -> None:
        first, *rest = event.message.splitlines() or [""]
        self._say(f"  {event.severity.lower()}: {first}", "cyan", always=True)
        for line in rest:
            self._say(f"    {line}", "cyan", always=True)

    def _say(self, text: str, style: str, *, always: bool = False) -> None:
        if self._quiet and not always:
            return
        if self._moving:
            console(stderr=True).print(text, style=style, soft_wrap=True)
        else:
            say(text)

    def _show(self) -> None:
        if not self._moving or self._live:
            return
        from rich.live import Live  # noqa: PLC0415 - heavy, and only on a terminal

        self._live = Live(
            get_renderable=self._line,
            console=console(stderr=True),
            refresh_per_second=10,
            transient=True,
        )
        self._live.start()

    def _line(self) -> ConsoleRenderable:
        from rich.text import Text  # noqa: PLC0415 - heavy, and only on a terminal

        migration, statement = self._migration, self._statement
        if migration is None:
            return Text("")
        elapsed = seconds(time.monotonic() - self._began)
        text = Text.assemble(
            (f"{migration.position}/{migration.total} ", "dim"),
            (migration.id, "bold"),
            (f" {elapsed} ", "dim"),
        )
        if statement:
            numbers = f"{statement.first}"
            if statement.last > statement.first:
                numbers += f"-{statement.last}"
            text.append(f"statement {numbers} of {migration.statements}: {statement.sql}", "dim")
        text.truncate(console(stderr=True).width - 1, overflow="ellipsis")
        return text
