"""What somebody has to look at afterwards: promotions that went past closed gates."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from wishkit.errors import LedgerError, UsageError

if TYPE_CHECKING:
    from wishkit.commands.workspace import Workspace
    from wishkit.postgres.promotions import Emergency


@dataclass(frozen=True, slots=True)
class Review:
    """Promotions that went past closed gates.

    Attributes:
        database: which one, without secrets.
        emergencies: the newest first.
        acknowledged: the one that was acknowledged just now.
    """

    database: str
    emergencies: tuple[Emergency, ...]
    acknowledged: int | None = None

    @property
    def exit_status(self) -> int:
        """1 if one is not acknowledged."""
        return 1 if any(it.acknowledged_by is None for it in self.emergencies) else 0


def review(
    workspace: Workspace,
    *,
    ack: int | None = None,
    note: str | None = None,
    everything: bool = False,
) -> Review:
    """List them, or acknowledge one.

    Args:
        workspace: project and database; who acknowledges is who logs in, whatever its role.
        ack: number of the promotion to acknowledge.
        note: what came of it.
        everything: list those too that are acknowledged.

    Raises:
        UsageError: ``reason-missing`` or ``unknown-promotion``.
        GateClosed: ``approval-refused``: who logs in may not acknowledge it.
        LedgerError: ``no-promotions``, or the ledger cannot be read.
    """
    if (ack is None) != (note is None) or (note is not None and not note.strip()):
        raise UsageError(
            "--ack says which promotion, and --note what came of it: one needs the other",
            code="reason-missing",
            help='for example --ack 3 --note "looked at with Ann: the backup was 25 h old"',
        )
    place = replace(workspace, target=replace(workspace.target, role=None))
    with place.connect("ledger review", writes=ack is not None) as (connection, target, server):
        from wishkit.postgres.connection import describe  # noqa: PLC0415 - heavy
        from wishkit.postgres.promotions import acknowledge, emergencies, known  # noqa: PLC0415

        database = describe(target, server)
        if not known(connection):
            raise LedgerError(
                "nothing was ever promoted into this database",
                code="no-promotions",
                help="wishkit promote FROM TO",
            )
        if ack is not None and note is not None:
            there = {it.id for it in emergencies(connection, everything=True)}
            if ack not in there:
                raise UsageError(
                    f"there is no promotion {ack} that has to be acknowledged",
                    code="unknown-promotion",
                    help="wishkit ledger review --all lists them",
                )
            acknowledge(connection, ack, note)
        return Review(database, emergencies(connection, everything=everything), ack)
