"""What a migration lost by others being in its way, as the ledger keeps it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from wishkit.core.redact import redact

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wishkit.core.events import Blocker

_SHOWN = 80  # characters of a query
_KEPT = 10  # blockers of one attempt
# What a client's statement is about is not ours to keep: '…', E'…', $tag$…$tag$, also cut off.
_LITERAL = re.compile(
    r"\bE'(?:[^'\\]|\\.|'')*(?:'|\\?\Z)|'(?:[^']|'')*(?:'|\Z)|\$(\w*)\$.*?(?:\$\1\$|\Z)",
    re.DOTALL | re.IGNORECASE,
)


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
    """The beginning of somebody's statement on one line, without passwords and literals."""
    if not query:
        return None
    text = " ".join(_LITERAL.sub("'…'", redact(query)).split())
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
