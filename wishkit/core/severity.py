"""How bad a drift is."""

from __future__ import annotations

from enum import StrEnum


class Severity(StrEnum):
    """How bad a drift is; docs/drift.md has the table."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"

    @property
    def rank(self) -> int:
        """0 for the least one."""
        return list(Severity).index(self)
