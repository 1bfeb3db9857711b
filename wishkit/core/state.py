"""What a ledger says, and how it compares with the files: the state of every migration."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from wishkit.core.migration import Direction, Migration


@dataclass(frozen=True, slots=True)
class Record:
    """One applied migration as the ledger has it.

    Attributes:
        id: the migration's id.
        checksum: over the text as applied; None when plain yoyo applied it, which keeps no text.
        applied_at: when, in UTC.
        applied_by: the database role that ran it; None when only yoyo's log knows.
        seconds: how long it took; None when not known.
    """

    id: str
    checksum: str | None
    applied_at: datetime
    applied_by: str | None = None
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Partial:
    """A non-transactional migration that stopped part-way.

    Attributes:
        id: the migration's id.
        direction: which way it was going.
        checksum: over the pair it was run from.
        done: how many statements are known to be complete.
        total: how many there are.
        rows: how many rows are done, of a statement that runs in batches.
    """

    id: str
    direction: Direction
    checksum: str
    done: int
    total: int
    rows: int | None = None


@dataclass(frozen=True, slots=True)
class Ledger:
    """Everything a plan needs to know about a database.

    Attributes:
        records: applied migrations, oldest first, in the order they were applied.
        partial: migrations that stopped part-way.
        version: of wishkit's own tables; 0 when it has none there yet.
        yoyo_schema: where yoyo's tables are (or will be); None in an untouched database.
    """

    records: tuple[Record, ...] = ()
    partial: tuple[Partial, ...] = ()
    version: int = 0
    yoyo_schema: str | None = None

    @property
    def position(self) -> str | None:
        """The migration applied last."""
        return self.records[-1].id if self.records else None


class State(StrEnum):
    """How a migration's files and the ledger stand to each other."""

    APPLIED = "applied"
    PENDING = "pending"
    CHANGED = "changed"
    MISSING = "missing"
    PARTIAL = "partial"


@dataclass(frozen=True, slots=True)
class Entry:
    """One migration in one state.

    Attributes:
        id: the migration's id.
        state: see ``State``; ``missing`` means applied, but its file is gone.
        migration: its files, when they are there.
        record: its ledger row, when it is applied.
        partial: its journal, when it stopped part-way.
    """

    id: str
    state: State
    migration: Migration | None = None
    record: Record | None = None
    partial: Partial | None = None


def compare(migrations: Sequence[Migration], ledger: Ledger) -> tuple[Entry, ...]:
    """Every migration known to the files or the ledger, sorted by id."""
    files = {m.id: m for m in migrations}
    records = {r.id: r for r in ledger.records}
    partial = {p.id: p for p in ledger.partial}
    entries = []
    for id_ in sorted(files.keys() | records.keys() | partial.keys()):
        migration, record = files.get(id_), records.get(id_)
        if id_ in partial:
            state = State.PARTIAL
        elif record is None:
            state = State.PENDING
        elif migration is None:
            state = State.MISSING
        elif record.checksum in {None, migration.checksum}:
            state = State.APPLIED
        else:
            state = State.CHANGED
        entries.append(Entry(id_, state, migration, record, partial.get(id_)))
    return tuple(entries)
