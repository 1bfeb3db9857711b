"""What a command tells while it is at work, as a program reads it: a line of JSON an event."""

from __future__ import annotations

import os
import re
import sys
import threading
import time
from dataclasses import fields
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

import msgspec

from wishkit.core.events import (
    Asking,
    Blocked,
    MigrationStopped,
    Noted,
    Progressed,
    Replaying,
    RunStarted,
    StatementsFinished,
    StatementsStarted,
    Waiting,
)
from wishkit.core.redact import redact, without_literals
from wishkit.interface.json import error_value, plain
from wishkit.interface.pace import Pace

if TYPE_CHECKING:
    from wishkit.core.events import Event
    from wishkit.errors import WishkitError
    from wishkit.interface.audience import Ending

# What is not told here is "info"; the server's own words have a severity.
_LEVELS: dict[type, str] = {
    Asking: "debug",
    Blocked: "warning",
    MigrationStopped: "error",
    Progressed: "debug",
    Replaying: "debug",
    StatementsFinished: "debug",
    StatementsStarted: "debug",
    Waiting: "warning",
}
# Statements: what is in their literals is nobody's business who reads a log.
_STATEMENTS = {"sql", "query"}


class JsonLog:
    """Writes to stderr; see docs/json.md for the lines."""

    asks = False

    def __init__(self) -> None:
        self._run: int | None = None
        self._pace = Pace()
        self._began = time.monotonic()
        self._writing = threading.Lock()  # what is watched is told from a thread of its own

    def __call__(self, event: Event) -> None:
        """Take one event."""
        if isinstance(event, RunStarted):
            self._run = event.run
        if self._pace.due(event):
            level = _LEVELS.get(type(event), "info")
            if isinstance(event, Noted) and event.severity == "WARNING":
                level = "warning"
            told = {it.name: getattr(event, it.name) for it in fields(event)}
            self._write(level, name_of(type(event)), told)

    def stop(self) -> None:
        """Nothing is in anybody's way."""

    def end(self, ending: Ending) -> None:
        """The last line: that it is done, or why not."""
        if ending.raised:
            return  # who ends the program tells it
        if ending.error:
            self.error(ending.error)
            return
        told = {"outcome": ending.outcome, "exit_status": ending.exit_status}
        level = "error" if ending.exit_status else "info"
        self._write(level, "finished", told | {"seconds": ending.seconds})

    def error(self, error: WishkitError) -> None:
        """The last line, where something was not done."""
        self._write("error", "error", error_value(error) | {"seconds": self._seconds})

    @property
    def _seconds(self) -> float:
        return time.monotonic() - self._began

    def _write(self, level: str, event: str, told: dict[str, Any]) -> None:
        now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        line = {"time": now, "level": level, "event": event, "run": self._run}
        line |= _clean(plain({**told, "run": self._run}))
        data = msgspec.json.encode(line) + b"\n"
        with self._writing:
            # Not as text: in a locale without "…", what stands for it would be no JSON.
            sys.stderr.buffer.write(data)
            sys.stderr.buffer.flush()


@cache
def json_log() -> JsonLog:
    """The log of this process: there is one stderr."""
    return JsonLog()


def log_error(error: WishkitError) -> None:
    """Write the last line of a log, for an error that ends the program."""
    try:
        json_log().error(error)
    except OSError:  # who does not read it has the exit status
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())


def name_of(kind: type) -> str:
    """An event's name: ``migration-started``."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "-", kind.__name__).lower()


def _clean(value: Any, name: str = "") -> Any:  # noqa: ANN401 - whatever JSON has
    """The same without secrets; seconds are told to the microsecond."""
    match value:
        case str():
            text = without_literals(value) if name in _STATEMENTS else value
            return redact(text).encode(errors="replace").decode()
        case float():
            return round(value, 6)
        case list():
            return [_clean(item, name) for item in value]
        case dict():
            return {key: _clean(item, key) for key, item in value.items()}
    return value
