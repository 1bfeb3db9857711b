"""The chain of hashes over the ledger, read to be computed anew."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from psycopg import sql

from wishkit.core.chain import Entry, Row, row_faults
from wishkit.postgres.failure import of_ledger
from wishkit.postgres.queries import query

if TYPE_CHECKING:
    from collections.abc import Sequence

    import psycopg

    from wishkit.core.approval import Request

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
    "promotion": (("id",), "promoted_by", ()),
    "acknowledgement": (("promotion_id",), "acknowledged_by", ()),
}


def read_chain(
    connection: Connection, tables: Sequence[str] = tuple(CHAINED)
) -> tuple[list[Entry], dict[str, dict[str, Row]]]:
    """The entries, and by table and key the rows that have to have one, at one moment.

    Args:
        connection: in autocommit mode.
        tables: only of these; all when left out.

    Raises:
        psycopg.Error: they cannot be read.
    """
    with connection.transaction(force_rollback=True):
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        connection.execute(query("chain_settings"))
        asked = {"tables": None if len(tables) == len(CHAINED) else list(tables)}
        entries = [Entry(*row) for row in connection.execute(query("chain_entries"), asked)]
        rows: dict[str, dict[str, Row]] = {}
        for table in tables:
            keys, role, later = CHAINED[table]
            there = {"name": f"wishkit.{table}"}
            exists = connection.execute(query("relation_exists"), there).fetchone()
            if exists and exists[0]:
                named = sql.SQL(query("chain_rows")).format(table=sql.Identifier("wishkit", table))
                values = {"keys": list(keys), "later": list(later), "role": role}
                found = connection.execute(named, values)
                rows[table] = {key: Row(content, by) for key, content, by in found}
    return entries, rows


def doubts(connection: Connection, request: Request | None) -> tuple[str, ...]:
    """What was done behind the chain's back to what a run is about to be let through on, in words.

    What was done to older requests stays with `wishkit ledger verify`: a new request is good.
    """
    with of_ledger():
        entries, rows = read_chain(connection, ("approver", "request", "approval"))
    number = str(request.id) if request else ""
    begin = next((it.id for it in entries if (it.relation, it.key) == ("request", number)), 0)
    now = {("request", number), ("approver", str(max(map(int, rows["approver"]), default=0)))}
    now |= {("approval", str(it.id)) for it in (request.approvals if request else ())}
    return tuple(
        it.text
        for it in row_faults(entries, rows)
        if (it.relation, it.key) in now or (it.entry is not None and it.entry >= begin > 0)
    )
