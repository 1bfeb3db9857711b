"""Tell a pooler that pools transactions from one that pools sessions, and say which URL is needed.

PgBouncer, Supavisor, Odyssey and their like answer with a process id of their own making, in every
mode, so ``pg_backend_pid()`` differing from what the connection was told says "pooler" but not
which mode (https://www.pgbouncer.org/features.html). In session mode that is fine.
"""

from __future__ import annotations

import enum
import re
import select
from contextlib import closing
from typing import TYPE_CHECKING

import psycopg
from psycopg.conninfo import make_conninfo

if TYPE_CHECKING:
    from collections.abc import Callable

    from psycopg.pq.abc import PGconn, PGresult

_ASK = b"SELECT pg_backend_pid()"
_ROUNDS = 4
_PATIENCE = 2.0  # seconds

_HINTS = (
    (r"\.pooler\.supabase\.com$", "Supabase: port 5432 (session mode) instead of 6543"),
    (r"\.supabase\.(co|com)$", "Supabase: the direct connection, port 5432, instead of 6543"),
    (r"^(.*)-pooler\.(.*\.neon\.tech)$", r"Neon: the host name without -pooler: \1.\2"),
    (r"\.proxy-.*\.rds\.amazonaws\.com$", "Amazon RDS: the endpoint of the instance or cluster"),
    (r"\.db\.ondigitalocean\.com$", "DigitalOcean: the database's own port instead of the pool's"),
    (r"\.postgres\.database\.azure\.com$", "Azure: port 5432 instead of the pooler's 6432"),
)


class Sharing(enum.Enum):
    """For how long a client has a session of the server's for its own, where not for good."""

    TRANSACTION = "transaction"
    STATEMENT = "statement"


def sharing(connection: psycopg.Connection) -> Sharing | None:
    """Whether one client's transactions may meet a backend that another client had before.

    Two connections ask in turn for their backend. In session mode each keeps its own as long as it
    lives. In transaction mode the second gets the one that the first has just given back, or, where
    the pooler takes turns or others are busy, the first does not get the same one again. Where
    statements are shared, the second is refused a BEGIN.

    Args:
        connection: in no transaction.

    Returns:
        None where it has a session to itself; TRANSACTION also where no second connection can be
        had: it cannot be ruled out then.
    """
    try:
        with closing(again(connection)) as other:
            other.autocommit = True
            mine = _backend(connection)
            for _ in range(_ROUNDS):
                theirs = _backend(other)
                if theirs is None:
                    return None  # it waits for ours: a session-mode pool of one
                if theirs == mine or _backend(connection) != mine:
                    return _of_shared(other)
    except psycopg.Error:
        return Sharing.TRANSACTION
    return None


def again(connection: psycopg.Connection) -> psycopg.Connection:
    """Another connection to the same place.

    Raises:
        psycopg.Error: there is none to be had.
    """
    info = connection.info
    return psycopg.connect(make_conninfo(info.dsn, password=info.password))


def direct_url_hint(host: str, port: int) -> str:
    """Which URL to give instead, by what is known of the place."""
    for pattern, hint in _HINTS:
        if found := re.search(pattern, host):
            return found.expand(hint)
    return (
        f"give the direct URL of the server instead of port {port}: usually the same user and"
        " database at port 5432; or a pool with pool_mode = session"
    )


def _of_shared(other: psycopg.Connection) -> Sharing:
    try:
        other.execute("BEGIN")
    except psycopg.errors.ProtocolViolation:
        return Sharing.STATEMENT
    other.execute("ROLLBACK")
    return Sharing.TRANSACTION


def _backend(connection: psycopg.Connection) -> bytes | None:
    """The backend that serves the connection now; None if none does within the patience."""
    pgconn = connection.pgconn
    result = answer(pgconn, lambda: pgconn.send_query(_ASK))
    if result is None:
        return None
    if result.status != psycopg.pq.ExecStatus.TUPLES_OK:
        raise psycopg.OperationalError(result.get_error_message())
    return result.get_value(0, 0)


def answer(
    pgconn: PGconn, send: Callable[[], None], *, patience: float = _PATIENCE
) -> PGresult | None:
    """What comes back; None if nothing does within the patience: it waits for a session then.

    Args:
        pgconn: in autocommit mode.
        send: sends one statement.
        patience: seconds. What has not been waited for stays on its way: close the connection.
    """
    send()
    pgconn.flush()
    last = None
    while True:
        while pgconn.is_busy():
            if not any(select.select([pgconn.socket], [], [], patience)):
                return None
            pgconn.consume_input()
        result = pgconn.get_result()
        if result is None:
            return last
        last = result
