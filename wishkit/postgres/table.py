"""A table as recipes need to know it: columns, constraints, indexes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from psycopg.rows import dict_row

from wishkit.postgres.queries import query

if TYPE_CHECKING:
    import psycopg

    Connection = psycopg.Connection[Any]


@dataclass(frozen=True, slots=True)
class Column:
    """A column.

    Attributes:
        name: quoted where needed.
        type: with its collation, where that is not the type's own.
        required: it is NOT NULL.
        generated: it has values of its own making.
    """

    name: str
    type: str
    required: bool
    generated: bool


@dataclass(frozen=True, slots=True)
class Constraint:
    """A constraint.

    Attributes:
        name: quoted where needed.
        kind: c, f, p or u, as pg_constraint.contype has it.
        definition: without NOT VALID.
        valid: it is known to hold for all rows.
        columns: its own, quoted where needed.
        target: the OID of the table that a foreign key refers to.
        target_columns: what it refers to there.
    """

    name: str
    kind: str
    definition: str
    valid: bool
    columns: tuple[str, ...]
    target: str
    target_columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Index:
    """An index.

    Attributes:
        name: quoted where needed.
        definition: from the access method on.
        unique: it allows no duplicates.
        valid: it was built to its end.
        whole: it covers every row.
        columns: its keys; empty for an expression.
    """

    name: str
    definition: str
    unique: bool
    valid: bool
    whole: bool
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A table.

    Attributes:
        schema: quoted where needed.
        name: quoted where needed.
        kind: r, or p for a partitioned one.
        filenode: changes when it is rewritten.
        columns: in order.
        constraints: checks, foreign keys, primary key and unique ones.
        indexes: the primary key's first.
        id: its OID.
        prefix: its schema with a dot where it has to be named, else nothing.
    """

    schema: str
    name: str
    kind: str
    filenode: int | None
    columns: tuple[Column, ...]
    constraints: tuple[Constraint, ...]
    indexes: tuple[Index, ...]
    id: str
    prefix: str

    @property
    def written(self) -> str:
        """How it is named in a file, quoted where needed."""
        return self.prefix + self.name

    def key(self) -> str | None:
        """A column by which rows can be walked through one by one; the primary key's if it may."""
        required = {column.name for column in self.columns if column.required}
        for index in self.indexes:
            if index.unique and index.whole and index.valid and len(index.columns) == 1:
                (name,) = index.columns
                if name in required:
                    return name
        return None

    def supports(self, columns: tuple[str, ...]) -> bool:
        """Whether an index finds rows by these columns, in whatever order."""
        return any(
            index.valid and index.whole and {*index.columns[: len(columns)]} == {*columns}
            for index in self.indexes
        )


def look(connection: Connection, written: str) -> Table | None:
    """What there is under a name, looked up as this session would; None if there is nothing.

    The schema has to be named where the name that was asked for has one.
    """
    import msgspec  # noqa: PLC0415 - heavy

    with connection.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute(query("table_shape"), {"name": written}).fetchone()
    if row is None:
        return None
    qualified = re.search(r'\.(?=(?:[^"]*"[^"]*")*[^"]*$)', written)
    return msgspec.convert({**row, "prefix": f"{row['schema']}." if qualified else ""}, Table)
