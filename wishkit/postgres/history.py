"""What was ever done with one migration, as the ledger has it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wishkit.postgres.queries import query

if TYPE_CHECKING:
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
