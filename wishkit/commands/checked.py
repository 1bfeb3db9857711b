"""The answer of a comparison, and what is needed where nothing has to be compared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from wishkit.commands.workspace import embedded_folder
from wishkit.config import SEVERITIES
from wishkit.core.severity import Severity
from wishkit.errors import UsageError

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from wishkit.config import Config
    from wishkit.core.drift import Drift, Ignored
    from wishkit.core.drift_origin import HalfThere


@dataclass(frozen=True, slots=True)
class Check:
    """What a comparison found.

    Attributes:
        environment: who named the database: an environment, ``command line``, ….
        database: which one, without secrets.
        checked_at: when, in UTC.
        compared_with: what its migrations define, or how the last run left it.
        position: the migration applied last.
        drifts: what is not as it should be, the worst first.
        fails: the least severity that makes the answer a no.
        half_there: migrations of which some objects are there and others are not.
        reordered: tables whose columns stand in another order; no drift, unless asked for.
        ignored: the entries of ``[[drift.ignore]]``, and what each took out.
        unseen: system catalogs that this role may not read: what they hold was not compared.
        last_run: when the last run that changed the database ended; null where that is not kept.
        unchanged_since: nothing has changed since this check, which found nothing.
    """

    environment: str
    database: str
    checked_at: datetime
    compared_with: Literal["migrations", "last run"]
    position: str | None
    drifts: tuple[Drift, ...] = ()
    fails: Severity = Severity.INFO
    half_there: tuple[HalfThere, ...] = ()
    reordered: tuple[str, ...] = ()
    ignored: tuple[Ignored, ...] = ()
    unseen: tuple[str, ...] = ()
    last_run: datetime | None = None
    unchanged_since: datetime | None = None

    @property
    def exit_status(self) -> int:
        """2: not all could be compared; 1: there is drift that fails; 0: there is none."""
        if self.unseen:
            return 2
        return 1 if any(it.severity.rank >= self.fails.rank for it in self.drifts) else 0


def cache_folder(config: Config) -> Path:
    """Where a project keeps what can be found out again."""
    return embedded_folder(config).parent / "cache"


def severity_named(word: str | None) -> Severity | None:
    """The severity that a person named.

    Raises:
        UsageError: there is none of that name.
    """
    if word is None or word in SEVERITIES:
        return Severity(word) if word else None
    raise UsageError(f'"{word}" is no severity', help=f"write one of {', '.join(SEVERITIES)}")
