"""Somebody who holds the table for some seconds, in each form in which that happens."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import psycopg
from stall_clients import wish_id

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Connection = psycopg.Connection[Any]

NONE = "none"
_READ = "SELECT title FROM wishlist_items WHERE user_id = 'user-1'"
_WRITE = f"UPDATE wishlist_items SET notes = 'seen' WHERE id = '{wish_id(1)}'"

# What a form runs before it sits there. It writes a wish that the backfill is about to fill, and
# that no client asks for.
TRANSACTIONS = {
    "idle-read": ("BEGIN", _READ),
    "idle-write": ("BEGIN", _WRITE),
    "repeatable-read": ("BEGIN ISOLATION LEVEL REPEATABLE READ", _READ),
    "prepared": ("BEGIN", _WRITE, "PREPARE TRANSACTION 'stall'"),
}
FORMS = {
    NONE: "nobody",
    "idle-read": "idle in transaction after a read",
    "idle-write": "idle in transaction after a write",
    "repeatable-read": "idle in a repeatable read transaction",
    "query": "a running query",
    "prepared": "a prepared transaction",
    "readers": "short queries that overlap: the table is never free",
    "autovacuum": "autovacuum, which gives way to who waits long enough",
}
APPEARS_WITHIN = 30.0  # seconds for something to be seen in the server's views
POLL = 0.02
SHORT = 0.3  # seconds of a short query


@dataclass(slots=True)
class Blocker:
    """Somebody in the way.

    Attributes:
        ended: when it let go, on the monotonic clock; 0 until then.
    """

    ended: float = 0.0


@contextmanager
def blocking(form: str, url: str, hold: float) -> Iterator[Blocker]:
    """Hold the table for ``hold`` seconds; the block begins when it is held, and outlasts it."""
    blocker = Blocker()
    others = {NONE: _nobody, "query": _query, "readers": _readers, "autovacuum": _autovacuum}
    begin = others.get(form, _transaction)
    with psycopg.connect(url, autocommit=True, application_name="stall blocker") as connection:
        wait = begin(form, connection, hold)

        def end() -> None:
            wait()
            blocker.ended = time.monotonic()

        thread = threading.Thread(target=end)
        thread.start()
        try:
            yield blocker
        finally:
            thread.join()


def _nobody(_form: str, _connection: Connection, _hold: float) -> Callable[[], None]:
    return lambda: None


def _transaction(form: str, connection: Connection, hold: float) -> Callable[[], None]:
    for statement in TRANSACTIONS[form]:
        connection.execute(statement.encode())

    def wait() -> None:
        time.sleep(hold)
        connection.execute("COMMIT PREPARED 'stall'" if form == "prepared" else "COMMIT")

    return wait


def _query(_form: str, connection: Connection, hold: float) -> Callable[[], None]:
    """One row of the table, and a long time to think about it."""
    url, pid = connection.info.dsn, connection.info.backend_pid
    running = threading.Thread(
        target=connection.execute,
        args=(f"SELECT pg_sleep({hold}) FROM wishlist_items LIMIT 1".encode(),),
    )
    running.start()
    with psycopg.connect(url, autocommit=True) as monitor:
        asleep = "SELECT FROM pg_stat_activity WHERE pid = %s AND wait_event = 'PgSleep'"
        _until(lambda: monitor.execute(asleep, [pid]).rowcount == 1)
    return running.join


def _readers(_form: str, connection: Connection, hold: float) -> Callable[[], None]:
    """Two who read again and again, each before the other has ended."""
    until = time.monotonic() + hold

    def read() -> None:
        with psycopg.connect(connection.info.dsn, autocommit=True) as reader:
            while time.monotonic() < until:
                reader.execute(f"SELECT pg_sleep({SHORT}) FROM wishlist_items LIMIT 1".encode())

    readers = [threading.Timer(part * SHORT, read) for part in (0, 0.5)]
    for reader in readers:
        reader.start()

    def wait() -> None:
        for reader in readers:
            reader.join()

    return wait


def _autovacuum(_form: str, connection: Connection, hold: float) -> Callable[[], None]:
    """Let it come once; after that it leaves the table alone for a minute, as by default."""
    worker = (
        "SELECT pid FROM pg_stat_activity WHERE backend_type = 'autovacuum worker'"
        " AND datname = current_database() AND query LIKE '%public.wishlist_items%'"
    )

    def nap(seconds: int) -> None:
        connection.execute(f"ALTER SYSTEM SET autovacuum_naptime = {seconds}".encode())
        connection.execute("SELECT pg_reload_conf()")

    connection.execute("ALTER TABLE wishlist_items SET (autovacuum_enabled = true)")
    nap(1)
    try:
        _until(lambda: connection.execute(worker.encode()).rowcount == 1)
    finally:
        nap(60)

    def wait() -> None:
        until = time.monotonic() + hold
        while connection.execute(worker.encode()).rowcount == 1:
            if time.monotonic() > until:
                connection.execute(f"SELECT pg_cancel_backend(pid) FROM ({worker}) w".encode())
            time.sleep(POLL)

    return wait


def _until(true: Callable[[], bool]) -> None:
    until = time.monotonic() + APPEARS_WITHIN
    while not true():
        if time.monotonic() > until:
            raise TimeoutError("the blocker does not come")
        time.sleep(POLL)
