"""Before a run into an environment that asks for it: is there a backup that is good enough?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wishkit.commands.backup import identifier
from wishkit.core.evidence import judge, last_words, standings
from wishkit.core.gate import Gate
from wishkit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import psycopg

    from wishkit.config import Target
    from wishkit.core.stakes import Stake
    from wishkit.core.state import Ledger
    from wishkit.postgres.connection import Server

    Connection = psycopg.Connection[Any]


def backup_gate(
    connection: Connection,
    target: Target,
    server: Server,
    ledger: Ledger,
    *,
    destroys: Sequence[str],
) -> Gate | None:
    """Whether the evidence of backups is what the environment asks for. Writes nothing.

    Args:
        connection: to the database.
        target: says what is asked for.
        server: which database it is.
        ledger: of the database.
        destroys: what data the plan destroys, in words; see `destroyed`.

    Returns:
        None where the environment asks for no backup.

    Raises:
        LedgerError: the role may not read the evidence.
    """
    if target.backup is None:
        return None
    from wishkit.postgres.backups import is_empty, read_evidence, server_time  # noqa: PLC0415 - heavy

    rows = standings(read_evidence(connection, ledger))
    if not rows and is_empty(connection):
        return Gate("backup", passed=True, found="there is no table that could be lost")
    return judge(
        rows,
        target.backup,
        database=server.database,
        system_identifier=identifier(server),
        now=server_time(connection),
        destroys=destroys,
        environment=target.name,
    )


def last_backup(connection: Connection, server: Server, ledger: Ledger) -> str:
    """The last backup that the ledger knows of, in words.

    Raises:
        LedgerError: the role may not read the evidence.
    """
    from wishkit.postgres.backups import read_evidence  # noqa: PLC0415 - heavy

    return last_words(
        standings(read_evidence(connection, ledger)),
        database=server.database,
        system_identifier=identifier(server),
    )


def destroyed(stakes: Sequence[Stake]) -> tuple[str, ...]:
    """What a plan destroys, in words, by what was counted in the database."""
    return tuple(
        f"{it.name}: {'' if it.exact else 'about '}{it.rows:,} row{'' if it.rows == 1 else 's'}"
        for it in stakes
    )


def passing(gate: Gate | None, without: str | None) -> str | None:
    """Go on through a gate, or past it for a reason that the ledger keeps.

    Args:
        gate: as `backup_gate` found it.
        without: the reason for going without, if somebody gave one.

    Returns:
        What the ledger keeps as the reason of the run; None where the gate is open.

    Raises:
        GateClosed: it is closed, and nobody gave a reason.
    """
    if gate is None or gate.passed:
        return None
    if without is None:
        gate.require()
    return f"without a backup: {without}"


def refuse_no_reason(without: str | None) -> None:
    """A reason says something, before anything is connected to.

    Raises:
        UsageError: ``reason-missing``.
    """
    if without is not None and not without.strip():
        raise UsageError(
            "--no-backup needs a reason",
            code="reason-missing",
            help='wishkit migrate --no-backup "the table is derived, and made anew every night"',
        )
