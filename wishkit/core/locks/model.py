"""The words in which locks are told: modes, locks, and the effects of one statement."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, IntEnum
from typing import NamedTuple


class LockMode(IntEnum):
    """A table-level lock mode, in PostgreSQL's own numbering (manual, 13.3.1)."""

    ACCESS_SHARE = 1
    ROW_SHARE = 2
    ROW_EXCLUSIVE = 3
    SHARE_UPDATE_EXCLUSIVE = 4
    SHARE = 5
    SHARE_ROW_EXCLUSIVE = 6
    EXCLUSIVE = 7
    ACCESS_EXCLUSIVE = 8

    @property
    def label(self) -> str:
        """The mode as the manual and ``LOCK TABLE`` write it, such as ``ROW SHARE``."""
        return self.name.replace("_", " ")

    @property
    def catalog_name(self) -> str:
        """The mode as ``pg_locks.mode`` spells it, such as ``RowShareLock``."""
        return "".join(word.capitalize() for word in self.name.split("_")) + "Lock"

    @classmethod
    def label_of(cls, catalog_name: str | None) -> str | None:
        """The label of a mode that pg_locks names; None where that is no mode of a table."""
        return next((it.label for it in cls if it.catalog_name == catalog_name), None)

    @property
    def blocks_reads(self) -> bool:
        """Whether a plain SELECT has to wait."""
        return self.conflicts(LockMode.ACCESS_SHARE)

    @property
    def blocks_writes(self) -> bool:
        """Whether INSERT, UPDATE, DELETE and MERGE have to wait."""
        return self.conflicts(LockMode.ROW_EXCLUSIVE)

    def conflicts(self, other: LockMode) -> bool:
        """Whether two transactions cannot hold these modes at once (manual, table 13.2)."""
        return other >= _WEAKEST[self] and not self == other == LockMode.SHARE


# Table 13.2: each mode with the weakest mode it conflicts with. Every stronger one conflicts
# too, except that SHARE goes with SHARE.
_WEAKEST = {
    LockMode.ACCESS_SHARE: 8,
    LockMode.ROW_SHARE: 7,
    LockMode.ROW_EXCLUSIVE: 5,
    LockMode.SHARE_UPDATE_EXCLUSIVE: 4,
    LockMode.SHARE: 3,
    LockMode.SHARE_ROW_EXCLUSIVE: 3,
    LockMode.EXCLUSIVE: 2,
    LockMode.ACCESS_EXCLUSIVE: 1,
}


class Reach(Enum):
    """Relations a statement locks without naming them: only the catalog knows which.

    A lock on a table always comes with locks, never stronger, on its indexes and its TOAST
    table; ``INDEXES`` is told only where theirs is the stronger one. Where ``DESCENDANTS`` is
    told of a relation, the others told of it hold for its descendants too.
    """

    DESCENDANTS = "its partitions and children"
    INDEXES = "its indexes"
    SEQUENCES = "the sequences its columns own"
    TABLE = "the table it belongs to"
    PARENT = "the table it is a partition of, and that table's default partition"
    DEFAULT_PARTITION = "its default partition"
    REFERENCED = "the tables its foreign keys refer to"
    REFERENCING = "the tables whose foreign keys refer to it, and theirs in turn"
    UNDERLYING = "the relations it reads"
    DEPENDENTS = "every relation with something that depends on it"
    TRIGGERED = "whatever its triggers, rules and column defaults touch"
    MEMBERS = "every relation in it"

    @property
    def own(self) -> bool:
        """Whether they are parts of the relation itself."""
        return self in {Reach.DESCENDANTS, Reach.INDEXES, Reach.SEQUENCES}


# Kinds of objects whose lock somebody who reads or writes data may have to wait for.
_DATA = frozenset({"table", "index", "sequence", "view", "materialized view", "foreign table"})


class Name(NamedTuple):
    """A name as written, unquoted: ``schema`` is None where the text gives none."""

    schema: str | None
    name: str


@dataclass(frozen=True, slots=True)
class Lock:
    """A lock on something the statement names.

    Attributes:
        mode: the strongest mode taken on it.
        relation: the name as it would be written, quoted only where it must be.
        kind: ``table`` (also where the text cannot tell a view or a foreign table from one),
            ``index``, ``sequence``, ``view``, ``materialized view``, ``type``, ``schema``, …
        schema: the schema as written, unquoted; None where the text gives none.
        name: the bare name, unquoted.
        why: the reason, where the relation is not the statement's own object.
        note: a limit of what is told here, such as "PostgreSQL 18 and newer".
    """

    mode: LockMode
    relation: str
    kind: str
    schema: str | None
    name: str
    why: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Beyond:
    """Locks on relations the statement does not name: ``reach`` of ``relation``.

    Attributes:
        mode: the strongest mode taken on any of them.
        reach: which relations.
        relation: where the reach starts, as it would be written; empty for the database.
        kind: what ``relation`` is.
        schema: its schema as written, unquoted; None where the text gives none.
        name: its bare name, unquoted.
    """

    mode: LockMode
    reach: Reach
    relation: str
    kind: str
    schema: str | None
    name: str


@dataclass(frozen=True, slots=True)
class ObjectRef:
    """Something a statement creates or drops.

    Attributes:
        kind: ``table``, ``column``, ``index``, ``type``, … and ``rows`` for what TRUNCATE drops.
        schema: the schema as written, unquoted; None where the text gives none.
        name: the bare name, unquoted; of the table where ``kind`` is ``column``.
        column: the column, constraint, trigger, rule or policy of ``name``.
        maybe: IF [NOT] EXISTS or OR REPLACE: perhaps nothing is created or dropped.
    """

    kind: str
    schema: str | None
    name: str
    column: str | None = None
    maybe: bool = False


@dataclass(frozen=True, slots=True)
class Effects:
    """What one statement does to everybody else.

    Attributes:
        command: what it is, as in ``ALTER TABLE … ADD COLUMN``.
        locks: locks on what it names, strongest first; nothing created earlier in the file.
        beyond: locks on relations only the catalog can name.
        known: False where only running it would tell: assume the strongest.
        autocommit: it cannot run inside a transaction block.
        rewrites: tables whose rows it writes anew (relations as written).
        scans: tables it reads from end to end while it holds its locks.
        unsure: why a rewrite, a scan or ``autocommit`` may turn out otherwise; each is told
            for the worse case, except where the sentence says that it was not.
        creates: what it creates.
        drops: what it drops.
        renames: old and new name of relations it renames or moves.
        fills: relations that may hold rows afterwards because of it.
        may_be_long: worth timing alone.
    """

    command: str
    locks: tuple[Lock, ...] = ()
    beyond: tuple[Beyond, ...] = ()
    known: bool = True
    autocommit: bool = False
    rewrites: tuple[str, ...] = ()
    scans: tuple[str, ...] = ()
    unsure: tuple[str, ...] = ()
    creates: tuple[ObjectRef, ...] = ()
    drops: tuple[ObjectRef, ...] = ()
    renames: tuple[tuple[Name, Name], ...] = ()
    fills: tuple[Name, ...] = ()
    may_be_long: bool = False

    @property
    def strongest(self) -> LockMode | None:
        """The strongest mode taken on a relation, named or not; None where there is none.

        Locks on types, functions and the like do not count: only DDL waits for them.
        """
        if not self.known:
            return LockMode.ACCESS_EXCLUSIVE
        named = (lock.mode for lock in self.locks if lock.kind in _DATA)
        return max((*named, *(it.mode for it in self.beyond)), default=None)
