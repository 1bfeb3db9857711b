"""One connection that sends whole messages of SQL and always knows how far the server got."""

from __future__ import annotations

import select
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, LiteralString

import psycopg
from psycopg import generators, pq
from psycopg.errors import error_from_result

from wishkit.postgres.queries import query

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from psycopg.pq.abc import PGresult

# DISCARD ALL cannot run inside a transaction; the manual (DISCARD) lists what it is made of, and
# each of those can. So a session is made clean in the message that also commits, without a round
# trip or a connection of its own. Left out is DISCARD PLANS: plans are no state that a migration
# could see, and without those of the ledger's foreign keys recording takes three times as long.
# Deferred constraints come first, while the migration's own role and settings are in force.
CLEAN = (
    "SET CONSTRAINTS ALL IMMEDIATE",
    "CLOSE ALL",
    "SET SESSION AUTHORIZATION DEFAULT",
    "RESET ROLE",
    "RESET ALL",
    "DEALLOCATE ALL",
    "UNLISTEN *",
    "SELECT pg_catalog.pg_advisory_unlock_all()",
    "DISCARD TEMP",
    "DISCARD SEQUENCES",
)

_FAILED = {pq.ExecStatus.FATAL_ERROR, pq.ExecStatus.BAD_RESPONSE, pq.ExecStatus.NONFATAL_ERROR}
_COPY_CHUNK = 256 * 1024
CHECKS_CLIENT = 140000  # the first version with client_connection_check_interval


class Refused(Exception):
    """The server refused a statement; the connection still stands.

    Attributes:
        completed: how many statements of the message had succeeded before.
        error: what the server said.
        notes: what else is known about it, for people.
    """

    def __init__(self, completed: int, error: psycopg.Error) -> None:
        super().__init__(str(error))
        self.completed = completed
        self.error = error
        self.notes: tuple[str, ...] = ()


class Lost(Exception):
    """The connection went away; how far the server got is not known.

    Attributes:
        error: what the driver or the server said last.
    """

    def __init__(self, error: psycopg.Error) -> None:
        super().__init__(str(error))
        self.error = error


class Session:
    """A connection in autocommit mode, kept clean between migrations.

    Args:
        connection: an open connection; the session takes it over.
        role: SET ROLE to this one whenever the session is clean.
    """

    def __init__(
        self, connection: psycopg.Connection[tuple[object, ...]], *, role: str | None
    ) -> None:
        self.connection = connection
        connection.prepare_threshold = None  # DEALLOCATE ALL would surprise psycopg
        settings = ["SET standard_conforming_strings = on"]
        if connection.info.server_version >= CHECKS_CLIENT:
            # A server that looks whether we are still there ends an orphaned statement itself.
            settings.append("SET client_connection_check_interval = '1s'")
        if role:
            settings.append(f"SET ROLE {quote(role)}")
        self._settings = settings

    @property
    def begin_settings(self) -> bytes:
        """What a new connection has to be told once."""
        return _join(self._settings)

    @property
    def clean(self) -> bytes:
        """Statements that give the next migration a session like a new one."""
        return _join([*CLEAN, *self._settings])

    @property
    def clean_length(self) -> int:
        """How many statements ``clean`` holds."""
        return len(CLEAN) + len(self._settings)

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open on the server, failed or not."""
        return self.connection.pgconn.transaction_status in {
            pq.TransactionStatus.INTRANS,
            pq.TransactionStatus.INERROR,
        }

    def send(self, message: bytes) -> Sequence[PGresult]:
        """Send statements in one message of the simple query protocol and collect their results.

        Raises:
            Refused: a statement failed; what came behind it was not run.
            Lost: the connection went away.
            KeyboardInterrupt: after the running statement was cancelled.
        """
        pgconn = self.connection.pgconn
        try:
            pgconn.send_query(message)
            results: Sequence[PGresult] = self.connection.wait(generators.execute(pgconn))
        except psycopg.OperationalError as error:
            raise Lost(error) from error
        for completed, result in enumerate(results):
            if result.status in _FAILED:
                raise self._refusal(error_from_result(result, encoding="utf-8"), completed)
        return results

    def ask(
        self, statement: LiteralString, values: Mapping[str, object] | None = None
    ) -> Sequence[tuple[Any, ...]]:
        """Run one statement with parameters and fetch its rows, if it has any.

        Raises:
            Refused: the server refused it.
            Lost: the connection went away.
        """
        try:
            cursor = self.connection.execute(statement, values)
            return cursor.fetchall() if cursor.description else []
        except psycopg.Error as error:
            raise self._refusal(error) from error

    def _refusal(self, error: psycopg.Error, completed: int = 0) -> Refused | Lost:
        """Whether a statement was refused, or the connection went away with it."""
        over = error.diag.severity_nonlocalized in {"FATAL", "PANIC"}
        if over or self.connection.pgconn.status != pq.ConnStatus.OK:
            return Lost(error)
        return Refused(completed, error)

    def copy(self, statement: bytes, data: Iterable[bytes | memoryview]) -> int:
        """Run COPY … FROM stdin with data in UTF-8.

        Returns:
            How many rows were copied.

        Raises:
            Refused: the server refused the statement or a line of the data.
            Lost: the connection went away.
        """
        try:
            with self.connection.cursor() as cursor:
                with cursor.copy(statement) as copy:
                    for piece in data:
                        for start in range(0, len(piece), _COPY_CHUNK):
                            copy.write(piece[start : start + _COPY_CHUNK])
                return cursor.rowcount
        except psycopg.Error as error:
            raise self._refusal(error) from error

    def rollback(self) -> None:
        """End an open transaction without keeping anything of it.

        Raises:
            Lost: the connection went away.
        """
        if self.in_transaction:
            self.send(b"ROLLBACK")

    def close(self) -> None:
        """Close the connection; never raises."""
        self.connection.close()


@contextmanager
def unhurried(session: Session) -> Iterator[None]:
    """No timeout inside, whether role, database or file have set it; then as before.

    What needs no lock that anybody would wait for may take its time, and is left half-done by a
    timeout.
    """
    rows = session.ask(query("timeouts_off"))
    yield
    if rows:
        values = {"names": [row[0] for row in rows], "settings": [row[1] for row in rows]}
        session.ask(query("timeouts_back"), values)


def stands(connection: psycopg.Connection[Any]) -> bool:
    """Whether an idle connection stands, as far as can be known without a round trip.

    The server's last words may be there to be read before its end is, so all there is is read.
    """
    pgconn = connection.pgconn
    try:
        while pgconn.status == pq.ConnStatus.OK and select.select([pgconn.socket], [], [], 0)[0]:
            pgconn.consume_input()
    except psycopg.OperationalError:
        return False
    return pgconn.status == pq.ConnStatus.OK


def quote(identifier: str) -> str:
    """An identifier as it has to stand in SQL."""
    return '"' + identifier.replace('"', '""') + '"'


def _join(statements: Sequence[str]) -> bytes:
    return ";\n".join(statements).encode()
