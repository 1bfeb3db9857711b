"""The words in which hazards are told, and the facts of the catalog they depend on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from wishkit.config import Small
    from wishkit.core.locks.model import Name
    from wishkit.errors import Location


@dataclass(frozen=True, slots=True)
class Hazard:
    """A statement that would make clients wait for long, and the form of it that would not.

    Attributes:
        rule: its name, as ``--accept`` and ``-- allow:`` take it.
        relation: what clients use and would wait for, as written.
        where: the statement, or the part of it.
        what: what happens, how large it is, and who waits: a sentence without its subject.
        safe: texts of migrations, in order, that come to the same; empty where there are none.
        refused: whether it has to be accepted before it runs; False for a mere warning.
        accepted: ``rule`` or ``rule: reason`` where somebody did; None where nobody did.
        note: what to know about ``safe``, or why there is none.
    """

    rule: str
    relation: str
    where: Location
    what: str
    safe: tuple[str, ...]
    refused: bool = True
    accepted: str | None = None
    note: str | None = None

    def instead(self) -> Iterator[str]:
        """The form that keeps nobody waiting, ready to be pasted, and what to know about it."""
        if self.safe:
            several = len(self.safe) > 1
            count = (
                f"in {len(self.safe)} migrations, one after the other"
                if several
                else "in a migration"
            )
            texts = "\n".join(
                (f"-- {number}.\n" if several else "") + text.rstrip("\n")
                for number, text in enumerate(self.safe, 1)
            )
            yield f"the form that keeps nobody waiting, {count}:\n{texts}"
        if self.note:
            yield self.note


@dataclass(frozen=True, slots=True)
class Size:
    """How large a table is, as far as the catalog tells without reading it.

    Attributes:
        rows: an estimate.
        bytes: of the table and what is stored out of line, without indexes.
    """

    rows: int
    bytes: int

    def within(self, small: Small) -> bool:
        """Whether a table of this size counts as small."""
        return self.rows <= small.rows and self.bytes <= small.bytes

    def __str__(self) -> str:
        return f"about {_rows(self.rows)} rows, {_bytes(self.bytes)}"


def _rows(number: int) -> str:
    """As a person says it: 950, 12,000, 2.1 M."""
    if number < 10**6:
        return f"{round(number, min(0, 2 - len(str(number)))):,}"
    million = number / 10**6
    return f"{million:.1f} M" if million < 10 else f"{million:,.0f} M"  # noqa: PLR2004


def _bytes(number: int) -> str:
    """In the units of pg_size_pretty, which are powers of 1024."""
    for shift, name in ((40, "TB"), (30, "GB"), (20, "MB"), (10, "kB")):
        if number >= 1 << shift:
            value = number / (1 << shift)
            return f"{value:.1f} {name}" if value < 10 else f"{value:.0f} {name}"  # noqa: PLR2004
    return f"{number} bytes"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table that exists.

    Attributes:
        type: as the server writes it, such as ``character varying(20)``; empty where not known.
        declared: OID of the type.
        base: the same below any domain.
        modifier: its modifier (pg_attribute.atttypmod); -1 for none, and for a domain, whose own
            is forgotten in a conversion.
        not_null: whether it is NOT NULL already.
        indexed: whether an index has it, or an expression of it.
    """

    type: str = ""
    declared: int = 0
    base: int = 0
    modifier: int = -1
    not_null: bool = False
    indexed: bool = False


@dataclass(frozen=True, slots=True)
class Constraint:
    """A constraint of a table.

    Attributes:
        kind: pg_constraint.contype: ``c`` check, ``f`` foreign key, ``n`` not null, ….
        valid: whether every row is known to pass.
        columns: which ones it is about.
        proves: columns that it does not let be NULL.
    """

    kind: str
    valid: bool
    columns: frozenset[str] = frozenset()
    proves: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Table:
    """A table that exists before the plan runs, or a materialized view.

    Attributes:
        name: its schema and name.
        kind: pg_class.relkind: ``r``, ``p`` (partitioned), ``m``, ``f``.
        size: with its partitions and children; None where it cannot be told.
        own: without them.
        columns: by name.
        constraints: by name.
        partitions: direct ones.
        key: the columns of the primary key; empty where there is none.
        taken: names that its constraints and indexes have.
    """

    name: Name
    kind: str
    size: Size | None
    own: Size | None
    columns: Mapping[str, Column] = field(default_factory=dict)
    constraints: Mapping[str, Constraint] = field(default_factory=dict)
    partitions: tuple[Name, ...] = ()
    key: tuple[str, ...] = ()
    taken: frozenset[str] = frozenset()

    def proven_not_null(self, column: str) -> bool:
        """Whether SET NOT NULL has nothing to look for (manual, ALTER TABLE, SET NOT NULL)."""
        known = self.columns.get(column)
        return (known is not None and known.not_null) or any(
            it.valid and column in it.proves for it in self.constraints.values()
        )


@dataclass(frozen=True, slots=True)
class Index:
    """An index that exists before the plan runs.

    Attributes:
        table: the table's schema and name.
        columns: its key columns; empty where they are expressions.
    """

    table: Name
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Type:
    """A type.

    Attributes:
        declared: OID of the type.
        base: the same below any domain.
        modifier: what a domain sets; -1 for none.
        constrained: whether it is a domain with constraints, its own or of a domain below.
    """

    declared: int
    base: int
    modifier: int = -1
    constrained: bool = False


@dataclass(frozen=True, slots=True)
class TypeName:
    """A type as a statement names it, without its modifiers."""

    name: Name
    array: bool = False


@dataclass(frozen=True, slots=True)
class Question:
    """What has to be looked up in the catalog."""

    relations: tuple[Name, ...] = ()
    types: tuple[TypeName, ...] = ()
    functions: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.relations)


@dataclass(frozen=True, slots=True)
class Facts:
    """What the catalog says. Names are as asked; what is not there is left out.

    Attributes:
        tables: by the name asked; also for the name of an index, its table.
        indexes: those of the names asked that are indexes.
        types: by the name asked.
        coercible: pairs of types, by OID, of which the first is as good as the second in a row.
        steady: names of functions that are stable or immutable, whatever they are given.
        version: major version of the server.
        utc: whether the session's time zone is UTC.
    """

    tables: Mapping[Name, Table] = field(default_factory=dict)
    indexes: Mapping[Name, Index] = field(default_factory=dict)
    types: Mapping[TypeName, Type] = field(default_factory=dict)
    coercible: frozenset[tuple[int, int]] = frozenset()
    steady: frozenset[str] = frozenset()
    version: int = 18
    utc: bool = False
