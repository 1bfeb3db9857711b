"""Whether the ledger still says what was written into it, as far as it can tell by itself."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from wishkit.core.chain import Fault, faults
from wishkit.errors import LedgerError, UsageError

if TYPE_CHECKING:
    from wishkit.commands.workspace import Workspace

_HASH = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class VerifiedLedger:
    """What was found when the chain over the ledger was computed anew.

    Attributes:
        database: which one, without secrets.
        entries: how many entries the chain has.
        head: the hash of the last one, to be kept elsewhere; None for an empty chain.
        kept: the number of the entry whose hash was given; None if none was, or it is not there.
        faults: what does not fit, the earliest first.
    """

    database: str
    entries: int
    head: str | None
    kept: int | None
    faults: tuple[Fault, ...]

    @property
    def exit_status(self) -> int:
        """1 if anything does not fit."""
        return 1 if self.faults else 0


def verify_ledger(workspace: Workspace, *, head: str | None = None) -> VerifiedLedger:
    """Compute the chain of hashes anew and compare it with the rows. Writes nothing.

    Args:
        workspace: project and database.
        head: a hash that was kept elsewhere; it has to be in the chain still.

    Raises:
        UsageError: ``head``: that is no hash.
        LedgerError: ``no-chain``, or the ledger cannot be read.
    """
    if head is not None and not _HASH.fullmatch(head.lower()):
        raise UsageError(
            f'"{head}" is no hash of the chain: 64 digits and letters from a to f',
            code="head",
            help="wishkit ledger verify prints it",
        )
    with workspace.connect("ledger verify", writes=False) as (connection, target, server):
        from wishkit.postgres.approvals import (  # noqa: PLC0415 - heavy
            KNOWN_SINCE,
            policy,
            suspicions,
        )
        from wishkit.postgres.chain import read_chain  # noqa: PLC0415
        from wishkit.postgres.connection import describe  # noqa: PLC0415
        from wishkit.postgres.failure import of_ledger  # noqa: PLC0415
        from wishkit.postgres.ledger import read_ledger  # noqa: PLC0415

        database = describe(target, server)
        ledger = read_ledger(connection)
        if ledger.version < KNOWN_SINCE:
            raise LedgerError(
                "this ledger is older than the chain",
                code="no-chain",
                help="the next run that changes something lifts it; the chain begins with that",
            )
        said = policy(connection, ledger, target.name)
        forced = said is not None and said.role is not None
        guards = suspicions(connection, forced=forced, version=ledger.version)
        with of_ledger():
            entries, rows = read_chain(connection)
    kept = next((it.id for it in entries if head and it.hash == head.lower()), None)
    found = [
        *faults(entries, rows, head.lower() if head else None),
        *(Fault("guard", None, "", "", it) for it in guards),
    ]
    last = entries[-1].hash if entries else None
    return VerifiedLedger(database, len(entries), last, kept, tuple(found))
