"""What the tables of a database hold: numbers of rows, and hashes of them in any order."""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import sql

from wishkit.core.manifest import TableRows
from wishkit.errors import BackupError
from wishkit.postgres.queries import query
from wishkit.postgres.session import quote

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    Connection = psycopg.Connection[Any]

_PLAIN = re.compile(r"[a-z_][a-z0-9_]*")
LARGE_OBJECTS = "large objects"
# No secret and no proof against malice: 64 bits of each row's text, summed up, find what storage
# and software do to rows. Columns go by name, because a restored partition may have them in
# another order. The hash is the same on every major, and on every machine of the same byte order
# (manual, "Hash Functions"; hashfn.c).
_HASH = 'coalesce(sum(hashtextextended(ROW({columns})::text COLLATE "C", 0)), 0)::text'
_COUNT = "SELECT count(*), {hash} FROM ONLY {table}"


@dataclass(frozen=True, slots=True)
class Table:
    """A table to be measured.

    Attributes:
        oid: of it.
        schema: unquoted.
        name: unquoted.
        size: in bytes, without indexes.
        columns: unquoted, in order of name.
    """

    oid: int
    schema: str
    name: str
    size: int
    columns: tuple[str, ...]

    @property
    def written(self) -> str:
        """As SQL writes it, with its schema."""
        parts = (self.schema, self.name)
        return ".".join(it if _PLAIN.fullmatch(it) else quote(it) for it in parts)


@dataclass(frozen=True, slots=True)
class Moment:
    """A snapshot that others may use for as long as the transaction is open.

    Attributes:
        snapshot: its name, for ``pg_dump --snapshot``.
        lsn: position in the write-ahead log.
        taken_at: by the server's clock.
        encoding: of the database.
        public: whether there is a schema of this name.
        roles: of the server, but for its own.
    """

    snapshot: str
    lsn: str | None
    taken_at: datetime
    encoding: str
    public: bool
    roles: tuple[str, ...]


@contextmanager
def measuring(connection: Connection, *, lock_timeout: float) -> Iterator[Moment]:
    """One snapshot for everything inside; settings are such that rows read the same everywhere.

    Args:
        connection: idle, in autocommit mode.
        lock_timeout: seconds to wait for a table that somebody has locked.

    Raises:
        BackupError: ``backup-permission``, ``backup-locked``.
    """
    if connection.info.server_version >= 170000:  # noqa: PLR2004 - transaction_timeout came with 17
        connection.execute(query("backup_no_timeout"))
    with _refused(), connection.transaction(force_rollback=True):
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        connection.execute(query("catalog_pinned"))
        values = {"lock_timeout": f"{max(1, round(lock_timeout * 1000))}ms"}
        connection.execute(query("backup_pinned"), values)
        row = connection.execute(query("backup_snapshot"), binary=True).fetchone()
        if row is None:
            raise LookupError("the server did not export a snapshot")
        snapshot, lsn, taken_at, encoding, public, roles = row
        yield Moment(snapshot, lsn, taken_at, encoding, public, tuple(roles))


@contextmanager
def _refused() -> Iterator[None]:
    """What the role may not read, or could not, in words."""
    try:
        yield
    except psycopg.errors.InsufficientPrivilege as error:
        raise permission_error(error.diag.message_primary or str(error)) from error
    except psycopg.errors.LockNotAvailable as error:
        raise locked_error(error.diag.message_primary or str(error)) from error


def permission_error(message: str) -> BackupError:
    """The role may not read all that there is."""
    return BackupError(
        f"this role may not read all of the database: {message}",
        code="backup-permission",
        help="connect as the owner, or GRANT pg_read_all_data TO the role; where tables have "
        "row-level security, it needs BYPASSRLS as well",
        state="nothing was kept",
    )


def locked_error(message: str) -> BackupError:
    """Somebody holds a table for so long that nobody can read it."""
    return BackupError(
        f"a table could not be read, because somebody has locked it: {message}",
        code="backup-locked",
        help="again, when that has ended; wishkit status tells whether a migration is at work",
        state="nothing was kept",
    )


def tables_of(connection: Connection) -> tuple[Table, ...]:
    """The tables whose rows a dump holds."""
    rows = connection.execute(query("backup_tables")).fetchall()
    return tuple(
        Table(oid, schema, name, size, tuple(columns)) for oid, schema, name, size, columns in rows
    )


def measure(
    connection: Connection,
    tables: tuple[Table, ...],
    *,
    hashes: bool,
    tell: Callable[[int, str], None],
) -> tuple[TableRows, ...]:
    """Numbers of rows, and their hashes where they are wanted; reads every table to its end.

    Args:
        connection: within `measuring`.
        tables: as `tables_of` finds them.
        hashes: take hashes as well.
        tell: is given the position and name of the table that is next.

    Raises:
        psycopg.Error: what the server refuses.
    """
    found = []
    for position, table in enumerate(tables):
        tell(position, f"{table.schema}.{table.name}")
        columns = sql.SQL(", ").join(map(sql.Identifier, table.columns))
        hashed = sql.SQL(_HASH if hashes else "NULL").format(columns=columns)
        name = sql.Identifier(table.schema, table.name)
        counting = sql.SQL(_COUNT).format(hash=hashed, table=name)
        rows, digest = connection.execute(counting).fetchone() or (0, None)
        found.append(TableRows(table.written, rows, table.size, digest))
    statement = "backup_large_objects_hash" if hashes else "backup_large_objects"
    objects, *digests = connection.execute(query(statement)).fetchone() or (0,)
    if objects:
        found.append(TableRows(LARGE_OBJECTS, objects, 0, digests[0] if digests else None))
    return tuple(found)
