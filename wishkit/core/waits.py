"""What a migration lost by others being in its way, as the ledger keeps it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from wishkit.core.redact import redact, without_literals

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wishkit.core.events import Blocker

_SHOWN = 80  # characters of a query
_KEPT = 10  # blockers of one attempt


@dataclass(slots=True)
class Waits:
    """Time that went by before an attempt came through, and who was in the way.

    Attributes:
        seconds: what the attempts that came to nothing took, and what was waited between them.
        retries: how many of those there were, by reason: lock timeout, deadlock, clients waited.
        blockers: who was in the way, each once, as the ledger keeps them.
    """

    seconds: float = 0.0
    retries: dict[str, int] = field(default_factory=dict)
    blockers: list[dict[str, str | None]] = field(default_factory=list)

    @property
    def tries(self) -> int:
        """How many came to nothing."""
        return sum(self.retries.values())

    def retried(self, reason: str) -> None:
        """One attempt came to nothing."""
        self.retries[reason] = self.retries.get(reason, 0) + 1

    def met(self, blockers: Iterable[Blocker]) -> None:
        """Somebody was in the way; perhaps somebody known."""
        for blocker in blockers:
            told = {
                "role": blocker.role,
                "application": blocker.application,
                "state": blocker.state,
                "relation": blocker.relation,
                "mode": blocker.mode,
                "query": query_without_values(blocker.query),
            }
            if told not in self.blockers and len(self.blockers) < _KEPT:
                self.blockers.append(told)

    def text(self) -> str | None:
        """As JSON; None when nobody was in the way."""
        if not self.retries:
            return None
        milliseconds = round(self.seconds * 1000, 3)
        return json.dumps({"ms": milliseconds, "retries": self.retries, "blockers": self.blockers})


def query_without_values(query: str | None) -> str | None:
    """The beginning of somebody's statement on one line, without literals and comments."""
    if not query:
        return None
    text = " ".join(without_literals(redact(query)).split())
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
