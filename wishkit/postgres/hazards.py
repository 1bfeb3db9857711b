"""What the catalog says about the tables of a plan: how large they are, and what is on them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg

from wishkit.core.hazards.model import (
    Column,
    Constraint,
    Facts,
    Index,
    Question,
    Size,
    Table,
    Type,
    TypeName,
)
from wishkit.core.hazards.proof import proves_definition
from wishkit.core.hazards.scene import is_utc
from wishkit.core.locks.model import Name
from wishkit.postgres.queries import query

if TYPE_CHECKING:
    from collections.abc import Sequence

    Connection = psycopg.Connection[Any]
    Rows = Sequence[tuple[Any, ...]]

# The size of a table's file is not to be had while somebody holds the table exclusively. Then the
# size at the last VACUUM or ANALYZE will do.
LOCK_MILLISECONDS = 500


def facts(connection: Connection, question: Question) -> Facts:
    """Ask the catalog what a plan cannot know. Writes nothing; needs no privilege on any table.

    Args:
        connection: in autocommit mode.
        question: what is asked; of nothing, nothing is.
    """
    if not question:
        return Facts()
    rows = _relations(connection, question.relations)
    oids = sorted({column[2] for row in rows for column in row[9]})
    types, below = _types(connection, question.types, oids)
    tables = {Name(*row[:2]): _table(row, below) for row in rows}
    indexes = {
        Name(*row[:2]): Index(Name(*row[2:4]), tuple(row[13]))
        for row in rows
        if row[13] is not None
    }
    casts = connection.execute(query("hazard_casts")).fetchall() if question.types else []
    return Facts(
        tables,
        indexes,
        types,
        frozenset(casts),
        _steady(connection, question.functions),
        connection.info.server_version // 10000,
        is_utc(connection.info.parameter_status("TimeZone") or ""),
    )


def _relations(connection: Connection, names: Sequence[Name]) -> Rows:
    values = {"schemas": [n.schema for n in names], "names": [n.name for n in names]}
    try:
        with connection.transaction():
            connection.execute(f"SET LOCAL lock_timeout = {LOCK_MILLISECONDS}".encode())
            asked = values | {"measure": True}
            return connection.execute(query("hazard_relations"), asked).fetchall()
    except psycopg.errors.LockNotAvailable:
        asked = values | {"measure": False}
        return connection.execute(query("hazard_relations"), asked).fetchall()


def _types(
    connection: Connection, names: Sequence[TypeName], oids: Sequence[int]
) -> tuple[dict[TypeName, Type], dict[int, Type]]:
    """Types by the name asked, and by their own OID."""
    if not names:
        return {}, {}
    values = {
        "schemas": [it.name.schema for it in names],
        "names": [it.name.name for it in names],
        "arrays": [it.array for it in names],
        "oids": list(oids),
    }
    by_name, by_oid = {}, {}
    for schema, name, array, top, *rest in connection.execute(query("hazard_types"), values):
        by_oid[top] = Type(top, *rest)
        if name is not None:
            by_name[TypeName(Name(schema, name), array)] = by_oid[top]
    return by_name, by_oid


def _steady(connection: Connection, names: Sequence[str]) -> frozenset[str]:
    if not names:
        return frozenset()
    parts = [name.rpartition(".") for name in names]
    values = {
        "written": list(names),
        "schemas": [schema or None for schema, _, _ in parts],
        "names": [name for _, _, name in parts],
    }
    rows = connection.execute(query("hazard_functions"), values).fetchall()
    return frozenset(name for (name,) in rows)


def _table(row: tuple[Any, ...], types: dict[int, Type]) -> Table:
    kind, rows, size, own_rows, own_size, columns, constraints, partitions, key = row[4:13]
    taken, unknown = row[14:]
    return Table(
        Name(*row[2:4]),
        kind,
        None if unknown else Size(rows, size),
        None if unknown else Size(own_rows, own_size),
        {name: _column(rest, types) for name, *rest in columns},
        {name: _constraint(rest) for name, *rest in constraints},
        tuple(Name(*it) for it in partitions),
        tuple(key),
        frozenset(taken),
    )


def _column(given: Sequence[Any], types: dict[int, Type]) -> Column:
    text, oid, modifier, not_null, indexed = given
    known = types.get(oid, Type(oid, oid))
    return Column(text, oid, known.base, modifier, not_null, indexed)


def _constraint(given: Sequence[Any]) -> Constraint:
    kind, valid, definition, columns = given
    about = frozenset(columns or ())
    if kind == "n":
        return Constraint(kind, valid, about, about)
    return Constraint(kind, valid, about, proves_definition(definition or ""))
