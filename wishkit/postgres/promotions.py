"""Promotions as the ledger has them, and what somebody has to acknowledge."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from wishkit.postgres.approvals import of_approvals
from wishkit.postgres.queries import query

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    import psycopg

    from wishkit.core.gate import Gate
    from wishkit.postgres.run import Run

    Connection = psycopg.Connection[Any]


@dataclass(frozen=True, slots=True)
class Emergency:
    """A promotion that went past closed gates.

    Attributes:
        id: its number.
        source: the environment that it came from.
        environment: the one that it went into.
        migrations: what it was to apply.
        skipped: the gates.
        reason: in the words of who did it.
        promoted_by: who the server says that was.
        promoted_at: when.
        note: of who acknowledged it; null if nobody has.
        acknowledged_by: who the server says that was.
        acknowledged_at: when.
    """

    id: int
    source: str
    environment: str
    migrations: tuple[str, ...]
    skipped: tuple[str, ...]
    reason: str
    promoted_by: str
    promoted_at: datetime
    note: str | None
    acknowledged_by: str | None
    acknowledged_at: datetime | None


def keep_promotion(
    run: Run,
    *,
    source: str,
    migrations: Sequence[str],
    gates: Sequence[Gate],
    skipped: Sequence[str],
    emergency: str | None,
) -> None:
    """Write down what is about to be promoted, before it is.

    Args:
        run: holds the run lock.
        source: the environment it comes from.
        migrations: ids in order.
        gates: as they were found.
        skipped: those that are gone past.
        emergency: why; None where none is.

    Raises:
        LedgerError: the ledger cannot be written.
    """
    values: dict[str, Any] = {
        "run": run.recorder.run,
        "from": source,
        "to": run.target.name,
        "migrations": list(migrations),
        "gates": json.dumps([asdict(it) for it in gates]),
        "skipped": list(skipped),
        "emergency": emergency,
    }
    with of_approvals():
        run.session.connection.execute(query("promotion_add"), values)


def emergencies(connection: Connection, *, everything: bool) -> tuple[Emergency, ...]:
    """Promotions that went past closed gates, the newest first.

    Args:
        connection: asks.
        everything: those too that are acknowledged.

    Raises:
        LedgerError: the ledger cannot be read.
    """
    with of_approvals():
        asked = {"all": everything}
        rows = connection.execute(query("promotion_rows"), asked, binary=True).fetchall()
    return tuple(emergency(row) for row in rows)


def emergency(row: tuple[Any, ...]) -> Emergency:
    """A row of ``promotion_rows``."""
    id_, source, to, migrations, skipped, *rest = row
    return Emergency(id_, source, to, tuple(migrations), tuple(skipped), *rest)


def acknowledge(connection: Connection, id_: int, note: str) -> None:
    """Acknowledge one, as who is logged in.

    Raises:
        GateClosed: ``approval-refused``: the database says why.
        LedgerError: ``approval-permission``.
    """
    with of_approvals():
        connection.execute(query("acknowledgement_add"), {"id": id_, "note": note})


def known(connection: Connection) -> bool:
    """Whether the ledger has promotions: an older one has none."""
    with of_approvals():
        row = connection.execute(query("promotions_there")).fetchone()
    return bool(row and row[0])
