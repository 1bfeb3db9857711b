"""Connections that are kept for looking at a database: limited, checked, and unable to write.

psycopg_pool keeps them (https://www.psycopg.org/psycopg3/docs/advanced/pool.html). What it lacks is
the reason: whoever waits for a connection that cannot be made is told, after the time-out, that
there was none. So ours are made by ``connect``, and what it raises is kept for who waits.
"""

from __future__ import annotations

import logging
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import psycopg
from psycopg_pool import ConnectionPool, PoolTimeout

from wishkit.errors import ConnectError
from wishkit.postgres.connection import connect, identify, refuse_old
from wishkit.postgres.failure import of_connection
from wishkit.postgres.queries import query

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wishkit.config import Target
    from wishkit.postgres.connection import Server

    Connection = psycopg.Connection[Any]

LONGEST = 10.0  # seconds that one statement may take
IDLE = 120.0  # seconds after which a connection that nobody wants is closed
LIFETIME = 1800.0  # seconds after which even a busy one is replaced: a server may have a new role
_SLICE = 0.05  # seconds between two looks at whether a connection could be made

# It warns of every attempt that fails, on stderr where nobody configures logging; we say it better.
logging.getLogger("psycopg.pool").addHandler(logging.NullHandler())


class Pool:
    """Connections to one database, made when they are first wanted.

    Behind a pooler that shares sessions nothing is set: it would stay for the next client.

    Args:
        target: which database; its embedded server has been started.
        application_name: shown in pg_stat_activity unless the user names another.
        size: how many at most.
        longest: seconds that one statement may take, and that a connection is waited for.
    """

    def __init__(
        self, target: Target, *, application_name: str, size: int = 1, longest: float = LONGEST
    ) -> None:
        self._target, self._name, self._longest = target, application_name, longest
        self._servers: WeakKeyDictionary[Connection, Server] = WeakKeyDictionary()
        self._failure: Exception | None = None
        pool = self

        class Made(psycopg.Connection[Any]):
            """What the pool believes its connections to be made by."""

            @classmethod
            def connect(cls, *_: object, **__: object) -> Any:  # noqa: ANN401 - as the pool has it
                return pool._make()

        self._pool: ConnectionPool[Any] = ConnectionPool(
            connection_class=Made,
            check=ConnectionPool.check_connection,
            min_size=0,
            max_size=size,
            max_idle=IDLE,
            max_lifetime=LIFETIME,
            reconnect_timeout=0,
            num_workers=1,
            open=True,
        )

    @contextmanager
    def connection(self) -> Iterator[tuple[Connection, Server]]:
        """A connection in autocommit mode that stands, and what is at its other end.

        Raises:
            ConnectError: no usable connection; ``timeout`` where there is none in time, or a
                statement took too long; ``connection-lost``.
        """
        connection = self._take()
        try:
            with of_connection():
                yield connection, self._servers[connection]
        except psycopg.errors.QueryCanceled as error:
            raise ConnectError(
                f"a question took longer than {self._longest:g} s",
                code="timeout",
                help="is the server overloaded, or somebody holding a catalog locked?",
            ) from error
        finally:
            self._pool.putconn(connection)

    def close(self) -> None:
        """Close what is idle now, and the rest when it comes back."""
        self._pool.close(timeout=0.1)  # whoever is connecting ends by its own connect_timeout

    def _take(self) -> Connection:
        deadline = time.monotonic() + self._longest
        self._failure = None
        while True:
            try:
                connection: Connection = self._pool.getconn(timeout=_SLICE)
            except PoolTimeout:
                if self._failure:
                    raise self._failure from None
                if time.monotonic() >= deadline:
                    raise ConnectError(
                        f"there was no connection within {self._longest:g} s",
                        code="timeout",
                        help="is the server reachable, and has it connections left?",
                    ) from None
            else:
                return connection

    def _make(self) -> Connection:
        """In a thread of the pool."""
        try:
            connection = connect(self._target, application_name=self._name, startup_wait=0)
            try:
                server = identify(connection)
                refuse_old(server)
                if not server.pooled:
                    longest = {"longest": f"{round(self._longest * 1000)}ms"}
                    connection.execute(query("pool_settings"), longest)
            except BaseException:
                connection.close()
                raise
        except Exception as error:
            self._failure = error
            raise
        self._servers[connection] = server
        return connection
