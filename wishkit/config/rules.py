"""What an environment asks for before anything runs in it, and what it lets pass."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from wishkit.errors import Location

APPROVAL_EXPIRES = 72 * 3600.0  # seconds


@dataclass(frozen=True, slots=True)
class BackupRule:
    """Which backup has to be there before a migration into an environment.

    Attributes:
        age: not older than this, in seconds; of the data in it, not of its file.
        level: how far it was verified: 0 made, 1 readable, 2 restored, 3 compared.
        destructive_level: the same, when the plan destroys data.
        claims: for backups that others keep, the level that they claim counts as well.
    """

    age: float = 24 * 3600.0
    level: int = 2
    destructive_level: int = 2
    claims: bool = False


@dataclass(frozen=True, slots=True)
class Approvals:
    """How many approvals a migration needs, by its risk.

    Attributes:
        none: of one that locks nothing that is in use, and changes nothing.
        low: of one for which nobody waits.
        medium: of one for which somebody waits, or that changes data.
        high: of one that destroys data, or cannot be undone.
    """

    none: int = 0
    low: int = 1
    medium: int = 1
    high: int = 2


Level = Literal["warn", "fail"]


@dataclass(frozen=True, slots=True)
class Threshold:
    """Above what it is told, and above what the answer is no. In seconds.

    Attributes:
        warn: above that it is told; None: never.
        fail: above that the answer is no; None: never.
    """

    warn: float | None = None
    fail: float | None = None

    def above(self, seconds: float) -> Level | None:
        """Above which of the two a time is; None: above neither."""
        if self.fail is not None and seconds > self.fail:
            return "fail"
        return "warn" if self.warn is not None and seconds > self.warn else None


@dataclass(frozen=True, slots=True)
class Thresholds:
    """How long one migration may take.

    Attributes:
        duration: how long it took, without waits; in a rehearsal as well.
        expected: how long it is expected to take where it has not run yet.
        waited: what it lost by others being in its way.
    """

    duration: Threshold = Threshold()
    expected: Threshold = Threshold()
    waited: Threshold = Threshold()


def worst(*levels: Level | None) -> Level | None:
    """The worst of several."""
    return "fail" if "fail" in levels else "warn" if "warn" in levels else None


NO_THRESHOLDS = Thresholds()


@dataclass(frozen=True, slots=True)
class Ignore:
    """One ``[[drift.ignore]]``: drift that somebody knows of.

    Attributes:
        kind: of object, such as ``table``; a glob.
        name: of the object, with its schema, such as ``partman.*``; a glob.
        reason: why it is none of ours.
        where: its line in wishkit.toml.
    """

    kind: str
    name: str
    reason: str
    where: Location | None = None


@dataclass(frozen=True, slots=True)
class Hook:
    """A command that a promotion runs at one of its stages.

    Attributes:
        stage: see ``STAGES``.
        run: the command, started without a shell.
        timeout: seconds after which it is ended.
        on_failure: stop: the promotion does not go on; warn: it is told, and goes on.
    """

    stage: str
    run: str
    timeout: float = 30.0
    on_failure: str = "stop"


STAGES = ("before-promote", "before-migrate", "after-migrate", "after-promote", "failed")
POLICIES = ("stop", "warn")
