"""Look: every migration and its state. Writes nothing, takes no lock."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from wishkit.core.header import Header
from wishkit.core.state import State, compare
from wishkit.errors import MigrationFileError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from wishkit.commands.workspace import Workspace
    from wishkit.core.migration import Migration
    from wishkit.core.state import Entry, Ledger


@dataclass(frozen=True, slots=True)
class Row:
    """One migration.

    Attributes:
        id: which one.
        state: applied, pending, changed, missing or partial.
        summary: its first comment line; empty when the file is gone.
        applied_at: when, in UTC.
        applied_by: the role that ran it.
        seconds: how long it took.
        note: what the reader should know, such as how far a partial one got.
    """

    id: str
    state: State
    summary: str = ""
    applied_at: datetime | None = None
    applied_by: str | None = None
    seconds: float | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Status:
    """Files and ledger side by side.

    Attributes:
        database: which one, without secrets.
        migrations: sorted by id.
        position: the migration applied last.
        counts: how many are in each state that occurs.
    """

    database: str
    migrations: tuple[Row, ...]
    position: str | None
    counts: dict[str, int]

    @property
    def up_to_date(self) -> bool:
        """Whether everything is applied, as it stands in the files."""
        return all(row.state is State.APPLIED for row in self.migrations)


def status(workspace: Workspace) -> Status:
    """Compare files and ledger.

    Raises:
        WishkitError: files, connection or ledger cannot be read.
    """
    migrations = workspace.migrations()
    with workspace.connect("status", writes=False) as (connection, target, server):
        from wishkit.postgres.connection import describe  # noqa: PLC0415 - heavy
        from wishkit.postgres.ledger import read_ledger  # noqa: PLC0415

        ledger = read_ledger(connection)
        database = describe(target, server)
    rows = rows_of(migrations, ledger)
    return Status(database, rows, ledger.position, counted(rows))


def rows_of(migrations: Sequence[Migration], ledger: Ledger) -> tuple[Row, ...]:
    """Every migration that files or ledger know, and its state."""
    return tuple(_row(entry) for entry in compare(migrations, ledger))


def counted(rows: Sequence[Row]) -> dict[str, int]:
    """How many are in each state that occurs."""
    counts: dict[str, int] = {}
    for row in rows:
        counts[row.state.value] = counts.get(row.state.value, 0) + 1
    return counts


def _row(entry: Entry) -> Row:
    header, note = Header(), None
    if entry.migration:
        try:
            header = entry.migration.header
        except MigrationFileError as error:
            note = f"{error.where}: {error.message}"
    if entry.partial:
        way = "applied" if entry.partial.direction == "forward" else "rolled back"
        note = f"{entry.partial.done} of {entry.partial.total} statements {way}"
        if entry.partial.rows is not None and not entry.partial.done:
            note = f"{way} in batches: {entry.partial.rows:,} rows so far"
    record = entry.record
    if record is None:
        return Row(entry.id, entry.state, header.summary, note=note)
    if record.checksum is None:
        note = note or "applied by plain yoyo, which keeps no text"
    return Row(
        entry.id,
        entry.state,
        header.summary,
        record.applied_at,
        record.applied_by,
        record.seconds,
        note,
    )
