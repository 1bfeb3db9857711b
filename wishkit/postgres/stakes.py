"""How many rows are at stake, counted on the live database before anything is destroyed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import sql

from wishkit.core.stakes import Stake, Threat
from wishkit.postgres.queries import query
from wishkit.postgres.session import quote

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    Connection = psycopg.Connection[Any]

# Counting must neither take long nor queue behind somebody's lock; the planner's estimate will do
# then. A wrong zero is not possible: a table that cannot be counted is taken as holding data.
COUNT_SECONDS = 2
LOCK_MILLISECONDS = 500


def stakes(connection: Connection, threats: Sequence[Threat]) -> tuple[Stake, ...]:
    """Count what would be lost; empty tables and columns are left out."""
    expanded = dict.fromkeys(item for threat in threats for item in _expand(connection, threat))
    tables = {(t.schema, t.name) for t in expanded if t.kind == "table"}
    asked = [t for t in expanded if t.kind != "column" or (t.schema, t.name) not in tables]
    names = list(dict.fromkeys(_written(t.schema, t.name) for t in asked))
    estimates = _estimates(connection, names)
    found = []
    for threat in asked:
        estimate = estimates.get(_written(threat.schema, threat.name))
        if estimate is not None:
            stake = _count(connection, threat, estimate)
            if stake.rows:
                found.append(stake)
    return tuple(found)


def _estimates(connection: Connection, names: Sequence[str]) -> dict[str, int]:
    """The planner's row counts of the tables that may hold rows."""
    try:
        with connection.transaction():
            connection.execute(f"SET LOCAL lock_timeout = {LOCK_MILLISECONDS}".encode())
            sizes = connection.execute(query("table_sizes"), {"tables": names, "all": False})
            return dict(sizes.fetchall())
    except psycopg.errors.LockNotAvailable:
        sizes = connection.execute(query("table_sizes"), {"tables": names, "all": True})
        return dict(sizes.fetchall())


def _expand(connection: Connection, threat: Threat) -> Iterator[Threat]:
    """A schema stands for its tables, a type for the columns of it."""
    if threat.kind == "schema":
        rows = connection.execute(query("tables_of_schema"), {"schema": threat.name}).fetchall()
        yield from (Threat(threat.migration, "table", *row) for row in rows)
    elif threat.kind == "type":
        values = {"type": _written(threat.schema, threat.name)}
        rows = connection.execute(query("columns_of_type"), values).fetchall()
        visible = {None, "public"}
        for schema, name, column in rows:
            shown = None if schema in visible and threat.schema is None else schema
            yield Threat(threat.migration, "column", shown, name, column)
    else:
        yield threat


def _count(connection: Connection, threat: Threat, estimate: int) -> Stake:
    shown = ".".join(filter(None, (threat.schema, threat.name, threat.column)))
    what = sql.Identifier(threat.column) if threat.column else sql.SQL("*")
    source = sql.Identifier(*filter(None, (threat.schema, threat.name)))
    try:
        with connection.transaction():
            connection.execute(f"SET LOCAL statement_timeout = '{COUNT_SECONDS}s'".encode())
            connection.execute(f"SET LOCAL lock_timeout = {LOCK_MILLISECONDS}".encode())
            counting = sql.SQL("SELECT count({}) FROM {}").format(what, source)
            counted = connection.execute(counting).fetchone()
    except psycopg.errors.UndefinedColumn:
        return Stake(threat.migration, threat.kind, shown, 0, exact=True)
    except (
        psycopg.errors.QueryCanceled,
        psycopg.errors.LockNotAvailable,
        psycopg.errors.InsufficientPrivilege,
    ):
        return Stake(threat.migration, threat.kind, shown, max(1, estimate), exact=False)
    return Stake(threat.migration, threat.kind, shown, counted[0] if counted else 0, exact=True)


def _written(schema: str | None, name: str) -> str:
    return ".".join(quote(part) for part in (schema, name) if part)
