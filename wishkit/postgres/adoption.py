"""The table in which another tool keeps what is applied."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from wishkit.errors import LedgerError
from wishkit.postgres import failure
from wishkit.postgres.queries import query

if TYPE_CHECKING:
    from wishkit.core.adoption.model import Registry, Row

    Connection = psycopg.Connection[Any]


@dataclass(frozen=True, slots=True)
class Found:
    """Another tool's table.

    Attributes:
        schema: where it is.
        table: its name.
        rows: what it holds, in the order of its query.
    """

    schema: str
    table: str
    rows: tuple[Row, ...]

    @property
    def name(self) -> str:
        """With its schema."""
        return f"{self.schema}.{self.table}"


def find(connection: Connection, registry: Registry, named: str | None) -> Found | None:
    """The other tool's table and its rows; None if there is none.

    Args:
        connection: to the database.
        registry: what it is usually called.
        named: what it is called here, with or without a schema.

    Raises:
        LedgerError: ``foreign-ledger``: the one that was named is not there, it is none of this
            tool's, or there are several.
    """
    schema, _, table = (named or "").rpartition(".")
    values = {"schema": schema or (None if named else registry.schema)}
    values["table"] = table or registry.table
    with failure.of_ledger():
        there = connection.execute(query("adopt_where"), values).fetchall()
        fitting = [name for name, columns in there if registry.fits(columns)]
        if not fitting and (named or there):
            raise _refused(registry, str(values["table"]), [name for name, _ in there])
        if not fitting:
            return None
        if fitting[1:]:
            first = f"{fitting[0]}.{values['table']}"
            raise LedgerError(
                f"{values['table']} is in several schemas: {', '.join(fitting)}",
                code="foreign-ledger",
                help=f"say which is meant: --ledger {first}",
                state="nothing was changed",
            )
        found = sql.Identifier(fitting[0], str(values["table"]))
        statement = sql.SQL(query(registry.query)).format(table=found)
        with connection.cursor(row_factory=dict_row) as cursor:
            rows = tuple(cursor.execute(statement).fetchall())
    return Found(fitting[0], str(values["table"]), rows)


def _refused(registry: Registry, table: str, schemas: list[str]) -> LedgerError:
    if not schemas:
        return LedgerError(
            f"there is no table {table}",
            code="foreign-ledger",
            help="--ledger names the other tool's own table: --ledger schema.table",
            state="nothing was changed",
        )
    needed = ", ".join(sorted(registry.columns))
    return LedgerError(
        f"{schemas[0]}.{table} is another tool's, or of a release that is not known: it should "
        f"have the columns {needed}",
        code="foreign-ledger",
        help="is it the right tool? Where its table is called otherwise: --ledger schema.table",
        state="nothing was changed",
    )
