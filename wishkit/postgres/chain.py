"""The chain of hashes over the ledger, read to be computed anew."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from psycopg import sql

from wishkit.core.chain import Entry, Row
from wishkit.postgres.queries import query

if TYPE_CHECKING:
    import psycopg

    Connection = psycopg.Connection[Any]

# By table: the columns of its key, the one that says who wrote a row, and those that change later.
_LATER = ("ended_at", "outcome", "backend_pid", "backend_start")
CHAINED: dict[str, tuple[tuple[str, ...], str | None, tuple[str, ...]]] = {
    "run": (("id",), None, _LATER),
    "execution": (("id",), None, ()),
    "backup": (("entry",), None, ()),
    "approver": (("id",), "set_by", ()),
    "request": (("id",), "requested_by", ()),
    "approval": (("id",), "approver", ()),
    "request_run": (("request_id", "run_id"), None, ()),
}


def read_chain(connection: Connection) -> tuple[list[Entry], dict[str, dict[str, Row]]]:
    """The entries, and by table and key the rows that have to have one, at one moment.

    Raises:
        psycopg.Error: they cannot be read.
    """
    with connection.transaction(force_rollback=True):
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        connection.execute(query("chain_settings"))
        entries = [Entry(*row) for row in connection.execute(query("chain_entries"))]
        rows: dict[str, dict[str, Row]] = {}
        for table, (keys, role, later) in CHAINED.items():
            there = {"name": f"wishkit.{table}"}
            exists = connection.execute(query("relation_exists"), there).fetchone()
            if exists and exists[0]:
                named = sql.SQL(query("chain_rows")).format(table=sql.Identifier("wishkit", table))
                values = {"keys": list(keys), "later": list(later), "role": role}
                found = connection.execute(named, values)
                rows[table] = {key: Row(content, by) for key, content, by in found}
    return entries, rows
