"""The ledger: yoyo's tables and ours, read in two round trips, made and lifted by themselves."""

from __future__ import annotations

import itertools
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, LiteralString, cast

import psycopg
from psycopg import sql

from wishkit import __version__
from wishkit.core.migration import Migration
from wishkit.core.script import MESSAGE_BYTES, Script
from wishkit.core.state import Ledger, Partial, Record
from wishkit.errors import LedgerError
from wishkit.postgres import failure
from wishkit.postgres.queries import query
from wishkit.postgres.session import quote

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from wishkit.postgres.session import Session

    Connection = psycopg.Connection[Any]

VERSION = 7
YOYO_VERSION = 2
_VERSIONS_FOLDER = os.path.join(os.path.dirname(__file__), "ledger_versions")  # noqa: PTH118, PTH120


@dataclass(frozen=True, slots=True)
class _Where:
    """What ``ledger_where.sql`` answers."""

    has_ledger: bool
    yoyo_schemas: list[str]
    current_schema: str | None


def read_ledger(connection: Connection) -> Ledger:
    """What the database says is applied. Writes nothing and takes no lock.

    Raises:
        LedgerError: ``ledger-newer``, ``ledger-ambiguous``, ``ledger-permission`` or
            ``ledger-damaged``.
    """
    with failure.of_ledger():
        where = _Where(*_one(connection, query("ledger_where")))
        if where.has_ledger:
            return _read_ours(connection)
        return _read_yoyo(connection, where)


def _read_ours(connection: Connection) -> Ledger:
    version, yoyo_schema, written_by = _one(connection, query("ledger_version"))
    if version > VERSION:
        raise LedgerError(
            f"this ledger was written by a newer wishkit ({written_by}, ledger version {version}; "
            f"this is {__version__}, which knows version {VERSION})",
            code="ledger-newer",
            help=f"install wishkit {written_by} or newer",
            state="nothing was read or written beyond that",
        )
    with connection.pipeline():
        rows = connection.execute(in_schema("ledger_rows", yoyo_schema))
        partial = connection.execute(query("ledger_partial"))
    return Ledger(
        records=tuple(Record(*row) for row in rows.fetchall()),
        partial=tuple(Partial(*row) for row in partial.fetchall()),
        version=version,
        yoyo_schema=yoyo_schema,
    )


def _read_yoyo(connection: Connection, where: _Where) -> Ledger:
    schemas = where.yoyo_schemas
    if not schemas:
        return Ledger()
    if len(schemas) > 1 and where.current_schema not in schemas:
        raise LedgerError(
            f"yoyo's tables are in several schemas: {', '.join(schemas)}",
            code="ledger-ambiguous",
            help="say which are meant by the search_path of this role or URL, for example "
            f"?options=-csearch_path%3D{schemas[0]}; the first run then keeps to it",
        )
    schema = schemas[0] if len(schemas) == 1 else cast("str", where.current_schema)
    try:
        (version,) = _one(connection, in_schema("yoyo_version", schema))
    except psycopg.errors.UndefinedTable:
        version = 1  # yoyo before 6.0 had no such table
    if version != YOYO_VERSION:
        raise LedgerError(
            f"yoyo's tables in schema {schema} are of version {version}; wishkit knows "
            f"{YOYO_VERSION}",
            code="ledger-newer" if version and version > YOYO_VERSION else "ledger-older",
            help="a newer wishkit may know it"
            if version and version > YOYO_VERSION
            else "yoyo 9 lifts older tables: yoyo list -d postgresql+psycopg://… FOLDER",
        )
    rows = connection.execute(in_schema("ledger_rows_yoyo", schema)).fetchall()
    return Ledger(records=tuple(Record(*row) for row in rows), yoyo_schema=schema)


def ensure_ledger(connection: Connection, ledger: Ledger) -> str:
    """Make or lift the ledger's tables; the run lock must be held.

    Args:
        connection: in autocommit mode.
        ledger: as it was just read.

    Returns:
        The schema of yoyo's tables.

    Raises:
        LedgerError: ``ledger-permission``, ``ledger-in-path`` or ``no-schema``.
    """
    schema, statements = lifting(connection, ledger)
    try:
        with connection.transaction():
            for statement in statements:
                connection.execute(statement)
            _refuse_in_path(connection)
    except psycopg.errors.InsufficientPrivilege as error:
        raise LedgerError(
            f"this role may not make the ledger: {error.diag.message_primary}",
            code="ledger-permission",
            help=f"GRANT CREATE ON DATABASE … and GRANT CREATE ON SCHEMA {schema} to it, or let a "
            "role that may do so run the first migration",
            state="nothing was run",
        ) from error
    return schema


def _refuse_in_path(connection: Connection) -> None:
    """Tables made without a schema must not end up in the ledger's.

    They would for a role called wishkit: its search_path, "$user" first, finds our schema.
    """
    current, role = _one(connection, query("ledger_in_path"))
    if current:
        raise LedgerError(
            "the search_path puts new tables into schema wishkit, which is the ledger's",
            code="ledger-in-path",
            help=f"ALTER ROLE {quote(role)} SET search_path = public",
            state="nothing was run",
        )


def lifting(connection: Connection, ledger: Ledger) -> tuple[str, list[bytes]]:
    """The schema of yoyo's tables, and the SQL that makes or lifts the ledger, if it has to be.

    Args:
        connection: for quoting, and to ask where yoyo's tables would be made.
        ledger: as it was just read.

    Raises:
        LedgerError: ``no-schema``.
    """
    if ledger.version == VERSION and ledger.yoyo_schema:
        return ledger.yoyo_schema, []
    schema = ledger.yoyo_schema or _Where(*_one(connection, query("ledger_where"))).current_schema
    if schema is None:
        raise LedgerError(
            "the search_path names no existing schema for yoyo's tables",
            code="no-schema",
            help="CREATE SCHEMA public; or set a search_path for this role",
            state="nothing was run",
        )
    statements = [version_file(name) for v, name in _VERSIONS.items() if v > ledger.version]
    if ledger.yoyo_schema is None:
        yoyo = sql.SQL(version_file("yoyo_2")).format(yoyo=sql.Identifier(schema))
        statements.insert(0, yoyo.as_string(connection))
    cursor = psycopg.ClientCursor(connection)
    statements.append(cursor.mogrify(query("ledger_lift"), [VERSION, schema, __version__]))
    return schema, [statement.encode() for statement in statements]


# The file that lifts the ledger to each version.
_VERSIONS = {
    1: "0001_create_ledger",
    2: "0002_record_patience",
    3: "0003_keep_snapshot",
    4: "0004_record_backups",
    5: "0005_approvals",
    6: "0006_promotions",
    7: "0007_timings",
}


def read_scripts(
    connection: Connection, ledger: Ledger, ids: Iterable[str]
) -> dict[str, Migration]:
    """The texts as applied, by migration id, for those the ledger has."""
    if not ledger.version or ledger.yoyo_schema is None:
        return {}
    scripts = in_schema("scripts", ledger.yoyo_schema)
    rows = connection.execute(scripts, {"ids": list(ids)}).fetchall()
    return {id_: stored_migration(id_, forward, backward) for id_, forward, backward in rows}


def is_large(migration: Migration) -> bool:
    """Whether its texts are too long to be quoted into a message."""
    backward = migration.backward.source if migration.backward else b""
    return len(migration.forward.source) + len(backward) > MESSAGE_BYTES


def keep_large_script(session: Session, migration: Migration) -> None:
    """Keep texts by COPY, piece by piece, so that memory does not grow with them.

    Raises:
        Refused: the ledger cannot be written.
        Lost: the connection went away.
    """
    seen = f"SELECT 1 FROM wishkit.script WHERE checksum = '{migration.checksum}'"  # noqa: S608 - hexadecimal
    if session.send(seen.encode())[0].ntuples:
        return
    backward = migration.backward
    pieces = itertools.chain(
        [migration.checksum.encode(), b"\t"],
        _copy_text(migration.forward.source),
        [b"\t"],
        _copy_text(backward.source) if backward else [b"\\N"],
        [b"\n"],
    )
    session.copy(b"COPY wishkit.script (checksum, forward, backward) FROM stdin", pieces)


def _copy_text(source: bytes) -> Iterator[bytes]:
    """In COPY's text format: its four special characters escaped (manual: COPY, Text Format)."""
    for start in range(0, len(source), MESSAGE_BYTES):
        piece = source[start : start + MESSAGE_BYTES].replace(b"\\", b"\\\\")
        piece = piece.replace(b"\n", b"\\n").replace(b"\t", b"\\t").replace(b"\r", b"\\r")
        yield piece


def stored_migration(id_: str, forward: str, backward: str | None) -> Migration:
    """A migration from the ledger's text."""
    back = None if backward is None else Script(f"ledger:{id_}.rollback", backward.encode())
    return Migration.of(id_, Script(f"ledger:{id_}", forward.encode()), back)


def in_schema(name: str, schema: str) -> sql.Composed:
    """A named statement, with the schema of yoyo's tables filled in."""
    return sql.SQL(query(name)).format(yoyo=sql.Identifier(schema))


def version_file(name: str) -> LiteralString:
    """The SQL in one of our files that hold more than one statement."""
    path = os.path.join(_VERSIONS_FOLDER, name + ".sql")  # noqa: PTH118 - see queries
    with open(path, encoding="utf-8") as file:  # noqa: PTH123 - see queries
        text: LiteralString = file.read()
        return text


def _one(connection: Connection, statement: sql.Composed | LiteralString) -> tuple[Any, ...]:
    row = connection.execute(statement).fetchone()
    if row is None:
        raise LedgerError(
            "wishkit.ledger is empty",
            code="ledger-damaged",
            help="its one row was deleted; drop schema wishkit: yoyo's tables still know what is "
            "applied",
        )
    return tuple(row)
