"""The last check that found nothing, kept in the cache."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class LastClean:
    """The last check that found nothing: as long as no catalog changes, nor does the answer.

    Attributes:
        folder: of the cache.
        key: of the question that was put.
        fingerprint: of the catalogs now; None where it cannot be taken.
    """

    folder: Path
    key: str
    fingerprint: str | None

    def since(self) -> datetime | None:
        """When it was; None if something may have changed since then."""
        with suppress(OSError, ValueError):
            at, kept = (self.folder / f"clean-{self.key}").read_text().split("\n")
            return datetime.fromisoformat(at) if kept == self.fingerprint else None
        return None

    def keep(self, at: datetime) -> None:
        """Remember that a check found nothing."""
        from wishkit.postgres.expected import keep_file  # noqa: PLC0415 - heavy

        if self.fingerprint:
            text = f"{at.isoformat()}\n{self.fingerprint}"
            keep_file(self.folder / f"clean-{self.key}", text.encode())
