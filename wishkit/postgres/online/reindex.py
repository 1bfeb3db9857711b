"""REINDEX CONCURRENTLY: no INVALID copy is left behind, none is taken for the index.

Manual: REINDEX, "Rebuilding Indexes Concurrently".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from wishkit.postgres.online.duplicates import violated
from wishkit.postgres.online.index import drop
from wishkit.postgres.online.work import Repeatable, Unclear, wait_while
from wishkit.postgres.queries import query
from wishkit.postgres.session import Refused

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wishkit.postgres.run import Run

_FORBIDDEN = "42501"


class _Invalid(NamedTuple):
    """An INVALID index as reindex_invalid.sql finds it."""

    name: str
    leftover: bool
    builder: int | None


@dataclass(frozen=True, slots=True)
class Reindex(Repeatable):
    """REINDEX … CONCURRENTLY; run again it does no harm, if what it left is gone.

    Attributes:
        kind: relation (an index or a table), schema or database.
        name: as written, quoted where needed; of a database it does not matter.
    """

    kind: str
    name: str

    def prepare(self, run: Run) -> None:
        """Drop the copies that a cancelled one left."""
        self._clear(run)

    def left_nothing(self, run: Run, refused: Refused) -> bool:
        """Drop the copies that this one left."""
        keys = violated(run.session, refused)
        self._clear(run)
        refused.notes = keys.duplicates(run.session) if keys else ()
        return True

    def verify(self, run: Run) -> Sequence[str]:
        """What it was about must be valid: of a table it passes INVALID indexes over."""
        invalid, kept = self._clear(run)
        if invalid:
            remedies = "\n".join(f"REINDEX INDEX CONCURRENTLY {name};" for name in invalid)
            raise Unclear(
                f"INVALID after REINDEX: {', '.join(invalid)}",
                code="index-invalid",
                help_=f"rebuild it, or drop it if nobody wants it; then run the same command "
                f"again:\n{remedies}",
            )
        return [
            f"a cancelled REINDEX left {name}, which this role may not drop; a superuser may: "
            f"DROP INDEX CONCURRENTLY {name}"
            for name in kept
        ]

    def _clear(self, run: Run) -> tuple[list[str], list[str]]:
        """Drop what was left behind; what else is INVALID, and what this role may not drop.

        The owner of a table may not reach the schema in which its TOAST table has its index. What
        is left there is in nobody's way, and not every database has a superuser to be asked.
        """
        found: list[_Invalid] = []

        def building() -> tuple[str, int | None] | None:
            values = {"kind": self.kind, "name": self.name}
            found[:] = [_Invalid(*row) for row in run.session.ask(query("reindex_invalid"), values)]
            return next(((it.name, it.builder) for it in found if it.builder), None)

        wait_while(run, building)
        kept = []
        for it in found:
            if it.leftover:
                try:
                    drop(run.session, it.name)
                except Refused as refused:
                    if refused.error.sqlstate != _FORBIDDEN:
                        raise
                    kept.append(it.name)
        return [it.name for it in found if not it.leftover], kept
