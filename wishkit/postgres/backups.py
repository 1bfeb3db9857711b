"""Evidence of backups in the ledger of the database they are of: read, and added to."""

from __future__ import annotations

import socket
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

from wishkit import __version__
from wishkit.core.evidence import Evidence
from wishkit.errors import ConnectError, LedgerError, LockHeld
from wishkit.postgres import failure
from wishkit.postgres.ledger import VERSION, ensure_ledger, read_ledger
from wishkit.postgres.lock import run_lock
from wishkit.postgres.origin import login_name
from wishkit.postgres.queries import query
from wishkit.postgres.run import connect_guard

if TYPE_CHECKING:
    from datetime import datetime

    import psycopg

    from wishkit.config import Target
    from wishkit.core.events import Listener
    from wishkit.core.manifest import Manifest
    from wishkit.core.state import Ledger
    from wishkit.postgres.connection import Server

    Connection = psycopg.Connection[Any]

KEPT_SINCE = 4  # the version of the ledger


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A row of wishkit.backup as it is to be written; its columns tell what each is."""

    id: str
    kind: str
    level: int
    claimed_level: int | None = None
    failure: str | None = None
    size: int | None = None
    checksum: str | None = None
    manifest_checksum: str | None = None
    database: str
    system_identifier: str | None
    location: str | None
    host: str | None = None
    lsn: str | None = None
    taken_at: datetime
    finished_at: datetime | None = None

    @classmethod
    def of(
        cls, manifest: Manifest, checksum: str, *, level: int, location: str, failure: str | None
    ) -> Entry:
        """What a manifest says, and how far it was verified.

        Args:
            manifest: of the backup.
            checksum: of the manifest.
            level: how far.
            location: where the backup lies on this machine.
            failure: what was found wrong with it.
        """
        return cls(
            id=manifest.id,
            kind=manifest.kind,
            level=level,
            failure=failure,
            size=manifest.size,
            checksum=manifest.checksum,
            manifest_checksum=checksum,
            database=manifest.database,
            system_identifier=manifest.system_identifier,
            location=location,
            host=socket.gethostname(),
            lsn=manifest.lsn,
            taken_at=manifest.taken_at,
            finished_at=manifest.finished_at,
        )


def read_evidence(connection: Connection, ledger: Ledger) -> tuple[Evidence, ...]:
    """All rows, in the order in which they were written; none where the ledger is older.

    Raises:
        LedgerError: the role may not read them.
    """
    if ledger.version < KEPT_SINCE:
        return ()
    with failure.of_ledger():
        rows = connection.execute(query("backup_rows"), binary=True).fetchall()
    return tuple(evidence(row) for row in rows)


def evidence(row: tuple[Any, ...]) -> Evidence:
    """A row of ``backup_rows``."""
    names = (field.name for field in fields(Evidence))
    return Evidence(**dict(zip(names, row, strict=True)))


def keep_evidence(
    connection: Connection, target: Target, server: Server, entry: Entry, listener: Listener
) -> str | None:
    """Add a row to the ledger, which is lifted if it has to be.

    Args:
        connection: in autocommit mode.
        target: which database.
        server: what it is.
        entry: the row.
        listener: is told for whom we wait.

    Returns:
        Why it could not be kept; None where it was.
    """
    if server.in_recovery or server.read_only:
        return "the database is read-only; verify the backup with the URL of its primary"
    try:
        ledger = read_ledger(connection)
        if not ledger.version:
            return "the database has no ledger; the first migrate makes it"
        if ledger.version < VERSION:
            _lift(connection, target, listener)
        values = {name: getattr(entry, name) for name in Entry.__slots__}
        values |= {"user": login_name(), "version": __version__}
        with failure.of_ledger():
            connection.execute(query("backup_keep"), values)
    except (LedgerError, LockHeld, ConnectError) as error:
        return f"{error.message}" + (f" ({error.help})" if error.help else "")
    return None


def _lift(connection: Connection, target: Target, listener: Listener) -> None:
    """Bring the ledger's tables up to date, as the next run would."""
    guard = connect_guard(replace(target, role=None), "backup")
    with run_lock(guard, wait=target.lock_wait, listener=listener), failure.of_ledger():
        ensure_ledger(connection, read_ledger(connection))


def server_time(connection: Connection) -> datetime:
    """Now, by the server's clock.

    Raises:
        ConnectError: the connection went away.
    """
    with failure.of_connection():
        row = connection.execute(query("server_time"), binary=True).fetchone()
    if row is None:
        raise LookupError("the server did not say what time it is")
    now: datetime = row[0]
    return now


def instance(connection: Connection) -> tuple[datetime, int]:
    """Tells a database from every other one, from a copy of its cluster's files too.

    Raises:
        ConnectError: the connection went away.
    """
    with failure.of_connection():
        row = connection.execute(query("server_instance"), binary=True).fetchone()
    if row is None:
        raise LookupError("the server did not say since when it runs")
    return row[0], row[1]


def is_empty(connection: Connection) -> bool:
    """Whether there is no table with rows that somebody could lose."""
    with failure.of_connection():
        return not connection.execute(query("table_names")).fetchall()
