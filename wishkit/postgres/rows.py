"""The rows of a database as a few sums, so that two states of it can be told apart by column."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from psycopg import sql

from wishkit.core.rehearsal import Rows
from wishkit.postgres.queries import query

if TYPE_CHECKING:
    from collections.abc import Mapping

    import psycopg

    Connection = psycopg.Connection[Any]

# A sum does not depend on the order of rows; of 64-bit hashes it is as good as their bag.
_SUM = sql.SQL("coalesce(sum(pg_catalog.hashtextextended({}::text, 0)), 0)::text")


def read_rows(connection: Connection) -> Mapping[str, Rows]:
    """What every table holds, by name; with its schema unless that is public.

    Args:
        connection: in autocommit mode; to a small database: all of it is read.
    """
    tables = connection.execute(query("rows_tables")).fetchall()
    with connection.transaction(force_rollback=True), connection.pipeline():
        connection.execute("SET LOCAL row_security = off")
        asked = [
            (schema, table, columns, connection.execute(_question(schema, table, columns)))
            for schema, table, columns in tables
        ]
        found = {}
        for schema, table, columns, cursor in asked:
            row = cursor.fetchone()
            if row:
                name = table if schema == "public" else f"{schema}.{table}"
                count, whole, *sums = row
                found[name] = Rows(count, dict(zip(columns, sums, strict=True)), whole)
    return found


def _question(schema: str, table: str, columns: list[str]) -> sql.Composed:
    sums = [_SUM.format(sql.Identifier(it)) for it in columns]
    whole = _SUM.format(sql.SQL("ROW({})").format(sql.SQL(", ").join(map(sql.Identifier, columns))))
    return sql.SQL("SELECT count(*), {} FROM ONLY {}").format(
        sql.SQL(", ").join([whole, *sums]), sql.Identifier(schema, table)
    )
