"""The last check that found nothing: as long as nothing can have changed, it is the answer."""

from __future__ import annotations

import zlib
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from wishkit.commands.checked import Check, cache_folder, severity_named
from wishkit.commands.workspace import start_embedded
from wishkit.core.severity import Severity

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from wishkit.config import Config, Target


@dataclass(frozen=True, slots=True)
class Clean:
    """A check that found nothing, as the cache keeps it.

    Attributes:
        question: what was asked, of which database, and what read it; see `question`.
        database: as the first line of a run names it.
        place: host:port that answered.
        schema: of yoyo's tables.
        position: the migration applied last; "" for none.
        last_run: when the last run ended; None where that is not kept.
        checked_at: when it was.
        state: of the database then; whatever could change the answer changes it.
    """

    question: str
    database: str
    place: str
    schema: str
    position: str
    last_run: datetime | None
    checked_at: datetime
    state: str

    def keep(self, folder: Path) -> None:
        """Put it into the cache."""
        from wishkit.postgres.expected import keep_file  # noqa: PLC0415 - heavy

        times = [it.isoformat() if it else "" for it in (self.last_run, self.checked_at)]
        lines = [self.question, self.database, self.place, self.schema, self.position]
        lines += [*times, self.state]
        if not any("\n" in line for line in lines):
            keep_file(_file(folder, self.question), "\n".join(lines).encode())


def question(
    target: Target,
    *,
    column_order: bool,
    parse: Callable[[str], dict[str, str]] | None = None,
) -> str:
    """What a check is asked: two that are the same have the same answer while nothing changes.

    Args:
        target: with a URL.
        column_order: columns in another order are drift.
        parse: takes a connection string to pieces; the driver does by default.

    Raises:
        ConnectError: ``bad-conninfo``.
    """
    from wishkit.postgres.unchanged import naming, reading  # noqa: PLC0415 - where it is used

    return repr([reading(), column_order, *naming(target, parse=parse)])


def last_clean(folder: Path, asked: str) -> Clean | None:
    """The last check of the cache that was asked the same, and found nothing."""
    with suppress(OSError, ValueError):
        lines = _file(folder, asked).read_text(encoding="utf-8").split("\n")
        kept, database, place, schema, position, last_run, checked_at, state = lines
        ended_at = datetime.fromisoformat(last_run) if last_run else None
        since = datetime.fromisoformat(checked_at)
        if kept == asked:
            return Clean(kept, database, place, schema, position, ended_at, since, state)
    return None


def unchanged(
    config: Config, target: Target, *, severity: str | None = None, column_order: bool = False
) -> Check | None:
    """The answer of `check`, where it is known without comparing and without the driver.

    Returns:
        None where that is not so; `check` then has to look.

    Raises:
        ConfigError: the configuration cannot be understood.
        ConnectError: ``bad-conninfo``.
        ServerError: the embedded server does not start.
        UsageError: there is no such severity.
    """
    fails = severity_named(severity) or Severity(target.drift_fails)
    folder = cache_folder(config)
    if config.ignore or not folder.is_dir():
        return None
    from wishkit.postgres import libpq  # noqa: PLC0415 - for this road only
    from wishkit.postgres.unchanged import state_without_driver  # noqa: PLC0415 - as above

    target = start_embedded(config, target)
    with suppress(libpq.Unanswered):
        asked = question(target, column_order=column_order, parse=libpq.parse)
        clean = last_clean(folder, asked)
        if clean and (clean.place, clean.state) == state_without_driver(target, clean.schema):
            return Check(
                target.name,
                clean.database,
                datetime.now(UTC),
                "migrations",
                clean.position or None,
                fails=fails,
                last_run=clean.last_run,
                unchanged_since=clean.checked_at,
            )
    return None


def _file(folder: Path, asked: str) -> Path:
    return folder / f"unchanged-{zlib.crc32(asked.encode()):08x}"
