"""What runs on a database right now, asked by another session that may only read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wishkit.core.locks import LockMode
from wishkit.core.picture import Found, picture
from wishkit.core.sight import (
    Counted,
    Journalled,
    LastRun,
    OpenRun,
    Place,
    Session,
    Sight,
    Waits,
)
from wishkit.postgres import failure
from wishkit.postgres.lock import KEY
from wishkit.postgres.queries import query

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import psycopg

    from wishkit.core.live import Live

    Connection = psycopg.Connection[Any]
    Cursor = psycopg.Cursor[Any]

_MOST = 100  # waiting sessions that are looked at


def read_live(connection: Connection, *, ids: Iterable[str] = ()) -> Live:
    """What runs, for whom it waits and who waits for it, and how the last run ended.

    Two round trips, and one more while somebody is in somebody's way. Writes nothing, takes no
    lock, leaves nothing in the session, and costs the same whatever the ledger has grown to and
    however many sessions wait. On a standby, with read-only transactions, behind a pooler, without
    a ledger, and with fewer rights it tells what can be seen, and what would show more.

    Args:
        connection: idle, in autocommit mode.
        ids: of migrations, for those whose ids are too long for a run to say them whole.

    Raises:
        ConnectError: ``connection-lost``.
        LedgerError: the ledger is damaged.
    """
    with failure.of_ledger():
        (row,) = _send(connection, "live_server").fetchall()
        place = Place(*row)
        sight = _look(connection, place)
        return picture(sight, _found(connection, sight), ids)


def _look(connection: Connection, place: Place) -> Sight:
    pids = query("live_pids") if place.readable else "NULL::int"
    with connection.pipeline():
        sessions = _send(connection, "live_sessions", KEY, runs=pids)
        waits = _send(connection, "live_waits", {**KEY, "most": _MOST})
        counted = _send(connection, "live_progress")
        if not place.readable:
            runs = ended = steps = None
        else:
            runs = _send(connection, "live_runs")
            ended = _send(connection, "live_ended")
            steps = _send(connection, "live_steps")
    last = [LastRun(*row) for row in _rows(ended)]
    return Sight(
        place,
        [OpenRun(*row) for row in _rows(runs)],
        last[0] if last else None,
        [Journalled(*row) for row in _rows(steps)],
        [Session(*row) for row in _rows(sessions)],
        {it.pid: it for it in (Waits(*row) for row in _rows(waits))},
        {it.pid: it for it in (Counted(*row) for row in _rows(counted))},
    )


def _found(connection: Connection, sight: Sight) -> list[Found]:
    """Who is in the way of somebody, if anybody is."""
    asked = {wait for worker in sight.workers() for wait in sight.in_the_way(worker)}
    if not asked:
        return []
    values = {
        "pids": [it.pid for it in asked],
        "relations": [it.relation for it in asked],
        "modes": [mode.catalog_name for mode in LockMode],
    }
    return [Found(*row) for row in _send(connection, "live_blockers", values).fetchall()]


def _send(
    connection: Connection,
    name: str,
    values: Mapping[str, object] | None = None,
    **parts: str,
) -> Cursor:
    """Never prepared: behind a pooler, the next look may meet another server process."""
    text = query(name)
    statement = text.format(**parts).encode() if parts else text.encode()
    return connection.execute(statement, values, prepare=False)


def _rows(cursor: Cursor | None) -> list[tuple[Any, ...]]:
    return cursor.fetchall() if cursor else []
