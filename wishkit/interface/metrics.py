"""What a run took, as a file for Prometheus and whatever else reads OpenMetrics."""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from wishkit.core.events import (
    CommandStarted,
    MigrationFinished,
    MigrationStarted,
    MigrationStopped,
)
from wishkit.core.redact import redact
from wishkit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from wishkit.core.events import Event
    from wishkit.interface.audience import Ending

# Node exporter runs as a user of its own, and nothing in the file is a secret.
_MODE = 0o644


class _Family(NamedTuple):
    """A metric. All are gauges: a file tells of one run, and nothing in it adds up to the last."""

    name: str
    unit: str
    help: str


_RUN = (
    _Family("wishkit_run_duration_seconds", "seconds", "How long the run took."),
    _Family("wishkit_run_end_timestamp_seconds", "seconds", "When it ended, since 1970."),
    _Family("wishkit_run_success", "", "1 if it did what was asked, or had nothing to do; else 0."),
    _Family("wishkit_run_migrations", "", "How many migrations it completed."),
)
_MIGRATION = (
    _Family("wishkit_migration_duration_seconds", "seconds", "How long it took, with waits."),
    _Family("wishkit_migration_wait_seconds", "seconds", "What others in its way cost it."),
    _Family("wishkit_migration_retries", "", "How many tries came to nothing for that."),
    _Family("wishkit_migration_rows", "rows", "How many rows its statements wrote."),
)


class Metrics:
    """Listens to a run, and writes the file when that has ended, however it did.

    The file is written beside its place and then moved there, so that nobody reads half of it.

    Args:
        verb: what was asked.
        path: of the file.
        warn: is told when the file cannot be written after all.

    Raises:
        UsageError: ``metrics-not-writable``: there can be no such file.
    """

    asks = True

    def __init__(self, verb: str, path: str, warn: Callable[[str], None]) -> None:
        self._path = Path(path)
        self._warn = warn
        self._verb, self._environment = verb, ""  # unknown until wishkit.toml has been read
        self._running: tuple[MigrationStarted, float] | None = None
        self._ended: list[MigrationFinished | MigrationStopped] = []
        self._refuse_unwritable()

    def __call__(self, event: Event) -> None:
        """Take one event."""
        match event:
            case CommandStarted():
                self._environment = event.environment
            case MigrationStarted():
                self._running = event, time.monotonic()
            case MigrationFinished() | MigrationStopped():
                self._running = None
                self._ended.append(event)

    def stop(self) -> None:
        """Nothing is in anybody's way."""

    def end(self, ending: Ending) -> None:
        """Write the file; a run that is done does not fail for it."""
        if self._running:  # nobody saw how it ended
            it, began = self._running
            seconds = time.monotonic() - began
            told = (it.id, it.direction, ending.outcome, "", seconds, None, 0.0, 0)
            self._ended.append(MigrationStopped(*told))
        try:
            self._write("".join(line + "\n" for line in self._lines(ending)))
        except OSError as error:
            self._warn(f"the metrics could not be written: {_why(error)}")

    def _refuse_unwritable(self) -> None:
        """Find out before anything runs."""
        why = None
        try:
            if self._path.exists() and not self._path.is_file():
                why = "it is no file"
            with tempfile.TemporaryFile(dir=self._place.parent):
                pass
        except OSError as error:
            why = why or _why(error)
        if why:
            raise UsageError(
                f"metrics cannot be written to {redact(str(self._path))}: {why}",
                code="metrics-not-writable",
                help="name a file in a folder that is there and may be written to",
                state="nothing was run",
            )

    @property
    def _place(self) -> Path:
        """Where the file really is: a link to it stays one."""
        return self._path.resolve()

    def _write(self, text: str) -> None:
        place = self._place
        number, name = tempfile.mkstemp(dir=place.parent, prefix=f".{place.name}.", suffix=".tmp")
        draft = Path(name)
        try:
            with open(number, "w", encoding="utf-8", newline="\n") as file:  # noqa: PTH123 - it is open
                file.write(text)
                file.flush()
                os.fchmod(number, _MODE)
                os.fsync(number)
            draft.replace(place)
        except BaseException:
            draft.unlink(missing_ok=True)
            raise

    def _lines(self, ending: Ending) -> Iterator[str]:
        run = {"verb": self._verb, "environment": self._environment, "outcome": ending.outcome}
        done = sum(isinstance(it, MigrationFinished) for it in self._ended)
        values = (ending.seconds, time.time(), int(ending.outcome == "done"), done)
        for family, value in zip(_RUN, values, strict=True):
            yield from _head(family)
            yield _sample(family, run, value)
        told = [
            (
                {
                    "migration": it.id,
                    "direction": it.direction,
                    "environment": self._environment,
                    "outcome": it.outcome if isinstance(it, MigrationStopped) else "done",
                },
                (it.seconds, it.waited, it.retries, it.rows),
            )
            for it in self._ended
        ]
        for index, family in enumerate(_MIGRATION):
            yield from _head(family)
            for labels, figures in told:
                if (figure := figures[index]) is not None:
                    yield _sample(family, labels, figure)
        yield "# EOF"


def _head(family: _Family) -> Iterator[str]:
    yield f"# TYPE {family.name} gauge"
    if family.unit:
        yield f"# UNIT {family.name} {family.unit}"
    yield f"# HELP {family.name} {family.help}"


def _sample(family: _Family, labels: Mapping[str, str], value: float) -> str:
    told = ",".join(f'{name}="{_escaped(text)}"' for name, text in labels.items())
    return f"{family.name}{{{told}}} {round(value, 6)}"


def _escaped(text: str) -> str:
    """A label's value, https://prometheus.io/docs/specs/om/open_metrics_spec/#escaping."""
    text = text.encode(errors="replace").decode()
    return text.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")


def _why(error: OSError) -> str:
    return error.strerror or str(error)
