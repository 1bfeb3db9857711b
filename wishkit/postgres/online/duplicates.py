"""Which rows stand in the way of a unique index, as many as a person wants to see."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from wishkit.postgres.queries import query
from wishkit.postgres.session import Refused, quote

if TYPE_CHECKING:
    from psycopg.pq.abc import PGresult

    from wishkit.postgres.session import Session

SHOWN = 20
_DUPLICATE = "23505"
_WIDTH = 60  # characters of a value
# Counting sorts the whole table; a person who waits for an error has less time than that may take.
_SECONDS = 60


class Keys(NamedTuple):
    """What a unique index forbids to occur twice.

    Attributes:
        table: as regclass writes it.
        keys: columns and expressions, with their collations.
        names: the same as a person would write them.
        predicate: the rows it is about.
        nulls_too: NULLS NOT DISTINCT.
    """

    table: str
    keys: list[str]
    names: list[str]
    predicate: str
    nulls_too: bool

    def duplicates(self, session: Session) -> tuple[str, ...]:
        """A note: the values that occur more than once, most frequent first."""
        try:
            (*_, result, _) = session.send(self._count().encode())
        except Refused as refused:
            session.rollback()
            return (f"the duplicates could not be listed: {refused}",)
        rows = min(result.ntuples, SHOWN)
        if not rows:
            return ("there are no duplicates any more: run again",)
        lines = [f"duplicates of ({', '.join(self.names)}):"]
        lines += [self._line(result, row) for row in range(rows)]
        if result.ntuples > rows:
            lines.append("  and more")
        return ("\n".join(lines),)

    def _count(self) -> str:
        """SQL that counts, in a transaction of its own."""
        numbers = range(1, len(self.keys) + 1)
        selected = ", ".join(f"{key} AS k{n}" for n, key in zip(numbers, self.keys, strict=True))
        shown = ", ".join(f"k{n}::text" for n in numbers)
        known = "true" if self.nulls_too else " AND ".join(f"k{n} IS NOT NULL" for n in numbers)
        grouped = ", ".join(f"k{n}" for n in numbers)
        return (
            f"BEGIN READ ONLY; SET LOCAL statement_timeout = '{_SECONDS}s';"  # noqa: S608 - as the catalog writes them
            f"SELECT count(*), {shown} FROM (SELECT {selected} FROM ONLY {self.table}"
            f" WHERE {self.predicate}) AS keys WHERE {known} GROUP BY {grouped}"
            f" HAVING count(*) > 1 ORDER BY 1 DESC, {shown} LIMIT {SHOWN + 1}; COMMIT"
        )

    def _line(self, result: PGresult, row: int) -> str:
        count, *values = (result.get_value(row, column) for column in range(len(self.keys) + 1))
        texts = ["NULL" if v is None else v.decode(errors="replace") for v in values]
        shown = ", ".join(t if len(t) <= _WIDTH else t[: _WIDTH - 1] + "…" for t in texts)
        return f"  ({shown}): {int(count or 0):,} rows"


def violated(session: Session, refused: Refused) -> Keys | None:
    """What the unique index is about of which the build met a duplicate.

    Asked before what is left of the index is dropped.

    Args:
        session: asks.
        refused: the server names the index in it, if that was the reason.
    """
    diag = refused.error.diag
    if refused.error.sqlstate != _DUPLICATE or not (diag.schema_name and diag.constraint_name):
        return None
    index = f"{quote(diag.schema_name)}.{quote(diag.constraint_name)}"
    rows = session.ask(query("unique_keys"), {"index": index})
    return Keys(*rows[0]) if rows else None
