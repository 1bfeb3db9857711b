"""What was ever done with migrations, as the ledger has it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wishkit.core.timing import PastAttempt, timings_of, waited_of
from wishkit.postgres.failure import of_ledger
from wishkit.postgres.ledger import read_ledger
from wishkit.postgres.queries import query

if TYPE_CHECKING:
    from collections.abc import Sequence

    import psycopg

    from wishkit.core.state import Ledger


def read_history(
    connection: psycopg.Connection[Any], ledger: Ledger, id_: str
) -> list[tuple[Any, ...]]:
    """The rows of history.sql, oldest first; none where wishkit has never written."""
    if not ledger.version:
        return []
    rows = connection.execute(query("history"), {"id": id_}).fetchall()
    return [(*row, tuple(accepted), tuple(killed)) for *row, accepted, killed in rows]


def read_attempts(
    connection: psycopg.Connection[Any],
    environment: str,
    references: Sequence[str] | None = None,
    *,
    limit: int | None = None,
) -> tuple[PastAttempt, ...]:
    """Attempts, the newest first; none where wishkit has never written.

    Args:
        connection: asks.
        environment: what the database is called.
        references: ids, or beginnings of them, as ``resolve`` takes them; None: all migrations.
        limit: no more than these; None: all.

    Raises:
        LedgerError: it cannot be read.
    """
    if not read_ledger(connection).version:
        return ()
    with of_ledger():
        asked = {"references": None if references is None else list(references), "limit": limit}
        rows = connection.execute(query("attempts"), asked).fetchall()
    told = ((*row[:8], waited_of(row[8]), *row[9:16], timings_of(row[16])) for row in rows)
    return tuple(PastAttempt(environment, *it) for it in told)
