"""What a pooler lets its clients keep from one transaction to the next: tried, not believed.

A session is marked and a statement prepared in it; another client then takes that very session, and
keeps it busy while the first asks for its statement again. Both are cleared away at the end.
https://www.pgbouncer.org/config.html#max_prepared_statements
"""

from __future__ import annotations

import secrets
from contextlib import ExitStack, closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import ClientCursor, pq

from wishkit.postgres.pooler import answer
from wishkit.postgres.queries import query

if TYPE_CHECKING:
    from collections.abc import Callable

    from psycopg.pq.abc import PGresult

    Connection = psycopg.Connection[Any]

_CLIENTS = 3  # that look for the marked session; each keeps one of the pool busy for a moment
_WAIT = 0.5  # seconds; after that there is no other session for us
_STATEMENT = b"SELECT pg_catalog.pg_backend_pid()"
_UNKNOWN = b"26000"  # invalid_sql_statement_name


@dataclass(frozen=True, slots=True)
class Trial:
    """What was found.

    Attributes:
        prepares: a statement prepared in one transaction can be run in another; None: not to be
            found out, since others took the session.
        leaks: what one client SETs, the next one has; None as above.
    """

    prepares: bool | None = None
    leaks: bool | None = None


def try_out(connect: Callable[[], Connection]) -> Trial:
    """Find out what holds from one transaction to the next.

    Args:
        connect: makes a connection through a pooler that shares sessions.

    Raises:
        psycopg.Error: the pooler or the server went away.
    """
    mark = f"wishkit_{secrets.token_hex(8)}"
    with ExitStack() as stack:
        connection = stack.enter_context(closing(connect()))
        connection.autocommit = True
        with connection.transaction():
            row = connection.execute(query("trial_mark"), {"mark": mark}, prepare=False).fetchone()
            marked = str(row[0]) if row else ""
            prepared = connection.pgconn.prepare(mark.encode(), _STATEMENT)
        if prepared.status != pq.ExecStatus.COMMAND_OK:
            return Trial(prepares=False)
        for _ in range(_CLIENTS):
            other = stack.enter_context(closing(connect()))
            met = _meet(other, mark)
            if met is None:
                break
            session, leaks, listed = met
            if session == marked:
                return Trial(_run(connection, other, mark, listed=listed), leaks)
    return Trial()


def _meet(other: Connection, mark: str) -> tuple[str, bool, bool] | None:
    """Take a session and keep it; what is in it, or None if there is none to be had."""
    other.autocommit = True
    text = ClientCursor(other).mogrify(query("trial_meet"), {"mark": mark})
    if _asked(other, b"BEGIN") is None or (result := _asked(other, text.encode())) is None:
        return None
    values = [(result.get_value(0, column) or b"").decode() for column in range(3)]
    return values[0], values[1] == "t", values[2] == "t"


def _run(connection: Connection, other: Connection, mark: str, *, listed: bool) -> bool:
    """Whether the statement runs in another session than the one that it was prepared in.

    Where there is no other, what tells is whether the pooler gave it a name of its own.
    """
    pgconn = connection.pgconn
    ran = answer(pgconn, lambda: pgconn.send_query_prepared(mark.encode(), None), patience=_WAIT)
    if listed:
        other.execute(f"DEALLOCATE {mark}".encode(), prepare=False)
    other.execute(query("trial_mark"), {"mark": ""}, prepare=False)
    other.execute("COMMIT")
    if ran is None:
        return not listed
    if ran.status == pq.ExecStatus.TUPLES_OK:
        return True
    if ran.error_field(pq.DiagnosticField.SQLSTATE) == _UNKNOWN:
        return False
    raise psycopg.OperationalError(ran.get_error_message())


def _asked(connection: Connection, statement: bytes) -> PGresult | None:
    pgconn = connection.pgconn
    result = answer(pgconn, lambda: pgconn.send_query(statement))
    if result and result.status not in {pq.ExecStatus.TUPLES_OK, pq.ExecStatus.COMMAND_OK}:
        raise psycopg.OperationalError(result.get_error_message())
    return result
