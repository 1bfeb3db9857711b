"""What an application's connections meet: its login, the server's room, a pooler in between."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import psycopg

from wishkit.config import Target
from wishkit.core.pools import SESSION, PoolerSeen, PoolSeen, Room
from wishkit.core.redact import redact
from wishkit.errors import ConnectError
from wishkit.postgres.bouncer import ask_bouncer
from wishkit.postgres.connection import connect
from wishkit.postgres.pooler import Sharing, again, sharing
from wishkit.postgres.pooler_trial import Trial, try_out
from wishkit.postgres.queries import query

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    Connection = psycopg.Connection[Any]

_MILLISECONDS = 1000.0


def running_since(connection: Connection) -> datetime:
    """Since when the server runs, which tells two servers apart."""
    found: datetime = _row(connection, "connection_limits")[3]
    return found


def look_for_room(connection: Connection, database: str, logins: Collection[str]) -> Room:
    """How many connections the server has.

    Args:
        connection: to it.
        database: the one it leads to.
        logins: of the pools, whose connections are not counted as others.
    """
    most, kept, in_database, _ = _row(connection, "connection_limits")
    rows = connection.execute(query("connections_now")).fetchall()
    others = [(base, number) for login, base, number in rows if login not in logins]
    return Room(
        most,
        kept,
        in_database,
        sum(number for _, number in others),
        sum(number for base, number in others if base == database),
    )


def look_at_pool(seen: PoolSeen, url: str, since: datetime) -> PoolSeen:
    """What the connections of a pool meet. Changes nothing that stays.

    Args:
        seen: what the configuration says of it.
        url: what the application connects with.
        since: when the environment's server was started.
    """
    target = Target(url, seen.name)
    try:
        with connect(target, application_name="wishkit env check", startup_wait=0) as connection:
            info = connection.info
            seen = replace(seen, place=f"{info.host}:{info.port}")
            login, database, its_since, limit, superuser, idle, longest = _row(
                connection, "pool_login"
            )
            return replace(
                seen,
                login=login,
                database=database,
                elsewhere=its_since != since,
                login_limit=limit,
                superuser=superuser,
                idle_timeout=idle / _MILLISECONDS,
                statement_timeout=longest / _MILLISECONDS,
                pooler=_pooler(connection),
            )
    except ConnectError as error:
        return replace(seen, failure=error.message)
    except psycopg.Error as error:
        return replace(seen, failure=redact(str(error)).strip())


def _pooler(connection: Connection) -> PoolerSeen | None:
    (session,) = _row(connection, "backend_pid")
    if session == connection.info.backend_pid:
        return None
    shared, bouncer = sharing(connection), ask_bouncer(connection)
    if shared is None:
        return PoolerSeen(SESSION, bouncer=bouncer)
    trial = Trial()
    if shared is Sharing.TRANSACTION:
        trial = try_out(lambda: again(connection))
    return PoolerSeen(shared.value, trial.prepares, trial.leaks, bouncer)


def _row(connection: Connection, name: str) -> tuple[Any, ...]:
    row = connection.execute(query(name), prepare=False).fetchone()
    if row is None:
        raise psycopg.InternalError("no row")
    return tuple(row)
