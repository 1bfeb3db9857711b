"""A backup read to its end, and restored into a throwaway server to be compared."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import sql

from wishkit.core.drift import in_any_order, judged
from wishkit.core.events import Progressed
from wishkit.core.redact import redact
from wishkit.core.schema import compare
from wishkit.errors import BackupError, BackupUnfit, CompareError, ServerError
from wishkit.postgres.archive import unfit
from wishkit.postgres.binaries import VARIABLE, find_binaries, system_binaries
from wishkit.postgres.catalog import read_snapshot
from wishkit.postgres.cluster import server_env
from wishkit.postgres.contents import measure, measuring, tables_of
from wishkit.postgres.dump import Flow
from wishkit.postgres.last_run import reader
from wishkit.postgres.location import administer
from wishkit.postgres.programs import complaints, run_program
from wishkit.postgres.scratch import scratch_server

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from wishkit.core.events import Listener
    from wishkit.core.manifest import Manifest, TableRows
    from wishkit.core.schema import Difference, Snapshot
    from wishkit.postgres.binaries import Binaries
    from wishkit.postgres.programs import Tools
    from wishkit.postgres.scratch import Scratch

    Connection = psycopg.Connection[Any]

_NO_EXTENSION = re.compile(r'extension "([^"]+)" is not available')
# What a server is built with, or has installed beside it.
_NOT_HERE = re.compile(
    r"not supported (?:in|by) this build|could not access file|could not load library"
    r"|could not create locale|requires? .* to be loaded"
)
_WHOLE = "the backup was read to its end, and is not known to be damaged"
_NO_ROOM = re.compile(r"No space left on device|could not extend file")
# What belongs to the database itself or to its cluster, which pg_restore makes with --create only.
_NOT_IN_DUMP = {"database", "setting", "role setting", "subscription"}
# Where something lies, which internal triggers somebody has disabled, and of which version an
# extension is: the server's own is made.
_NOT_KEPT = {"tablespace", "triggers"}
_TAKEN = ("postgres", "template0", "template1")  # names that every server has
PROVIDERS = 15  # the first major with CREATE DATABASE … LOCALE_PROVIDER
_SHOWN = 20  # differences that are told one by one
# A restored table has indexes besides its rows, and the write-ahead log of both.
_GROWTH = 4


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restored copy came to.

    Attributes:
        server: what it was restored into, in words.
        tables: how many were compared.
        rows: how many there are in them.
        notes: what could not be compared.
    """

    server: str
    tables: int
    rows: int
    notes: tuple[str, ...] = ()


def read_through(path: Path, tools: Tools, flow: Flow | None = None) -> None:
    """Have every byte of a backup read and every block decompressed.

    Raises:
        BackupUnfit: ``backup-damaged``.
    """
    line = [tools.program("pg_restore"), "--verbose", f"--file={os.devnull}", str(path)]
    status, said = run_program(
        line, hear=flow.hear if flow else lambda _: None, tick=flow.tell if flow else lambda: None
    )
    if status:
        told = complaints(said)
        raise unfit(
            f"{path.name} cannot be read to its end: {_first(told)}",
            notes=tuple(redact(it) for it in told[1:]),
        )


def restore_and_compare(
    path: Path, manifest: Manifest, *, hashes: bool, jobs: int, listener: Listener
) -> Restored:
    """Restore a backup into a throwaway server, and hold what comes out against its manifest.

    Args:
        path: of the backup.
        manifest: of it.
        hashes: compare the rows themselves, not only their number.
        jobs: tables restored at a time.
        listener: is told how far it is.

    Raises:
        BackupUnfit: ``backup-not-restorable``, ``backup-differs``.
        BackupError: ``scratch-too-old``, ``backup-disk-full``, ``backup-manifest``.
        CompareError: ``extension-missing``, ``scratch-lacks``.
        ServerError: there is no scratch server to be had.
    """
    try:
        expected = manifest.snapshot()
    except ValueError as error:
        raise BackupError(
            f"the manifest's schema cannot be read: {error}", code="backup-manifest"
        ) from None
    binaries = binaries_for(max(manifest.major, manifest.dump_major))
    room = _GROWTH * sum(it.size for it in manifest.tables)
    with scratch_server(binaries, room=room) as server:
        url = _furnish(server, manifest)
        _restore(path, manifest, server, url, jobs=jobs, listener=listener)
        with administer(url) as connection:
            notes = _compare_schema(connection, manifest, expected)
            found = _measured(connection, hashes=hashes, listener=listener)
    _compare_rows(manifest, found)
    rows = sum(it.rows for it in found)
    return Restored(
        f"PostgreSQL {binaries.version[0]}.{binaries.version[1]}", len(found), rows, notes
    )


def binaries_for(least: int) -> Binaries:
    """The oldest PostgreSQL here that can restore a dump of this major."""
    named = os.environ.get(VARIABLE)
    found = [find_binaries()] if named else [find_binaries(), *system_binaries()]
    fit = [it for it in found if it.major >= least and os.access(it.bin / "pg_restore", os.X_OK)]
    if not fit:
        raise BackupError(
            f"no server here can restore it: {max(found)} is older than the backup, which needs "
            f"{least} or newer",
            code="scratch-too-old",
            help=f"install PostgreSQL {least}, or point {VARIABLE} at its folder of programs",
        )
    return min(fit, key=lambda it: (it.major, -it.version[1]))


def _furnish(server: Scratch, manifest: Manifest) -> str:
    """An empty database of the same name and encoding, and roles that nobody can log in as."""
    url = server.url()
    with administer(url) as connection:
        there = {name for (name,) in connection.execute("SELECT rolname FROM pg_roles").fetchall()}
        for role in sorted({*manifest.roles} - there):
            connection.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(sql.Identifier(role)))
        name = manifest.database if manifest.database not in _TAKEN else "wishkit_restored"
        make = sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name))
        if manifest.encoding != "UTF8":
            make += sql.SQL(" ENCODING {} LC_COLLATE 'C' LC_CTYPE 'C'").format(manifest.encoding)
            if server.binaries.major >= PROVIDERS:
                make += sql.SQL(" LOCALE_PROVIDER libc")
        connection.execute(make)
    url = server.url(name)
    if not manifest.public:
        with administer(url) as connection:
            connection.execute("DROP SCHEMA public")
    return url


def _restore(
    path: Path, manifest: Manifest, server: Scratch, url: str, *, jobs: int, listener: Listener
) -> None:
    names = {it.name: ".".join(_unquoted(it.name)) for it in manifest.tables}
    rows = {names[it.name]: it.rows for it in manifest.tables}
    flow = Flow("restoring", {names[it.name]: it.size for it in manifest.tables}, jobs, listener)
    line = [
        str(server.binaries.program("pg_restore")),
        f"--dbname={url}",
        "--no-password",
        "--exit-on-error",
        "--no-tablespaces",
        "--verbose",
        *([f"--jobs={jobs}"] if jobs > 1 else []),
        str(path),
    ]
    with administer(url) as connection:
        status, said = run_program(
            line,
            env=server_env(),  # nothing of the caller's PG* reaches a server of ours
            hear=flow.hear,
            tick=lambda: flow.look(connection, "COPY FROM", rows),
        )
    if not status:
        return
    told = [redact(it) for it in complaints(said)]
    text = "\n".join(told)
    if missing := _NO_EXTENSION.search(text):
        raise CompareError(
            f"the scratch server lacks the extension {missing[1]}, which the database has",
            code="extension-missing",
            help=f"install it for the PostgreSQL that {VARIABLE} names, and name one that has it "
            f"of major {manifest.major} or newer: {VARIABLE}=/usr/lib/postgresql/"
            f"{manifest.major}/bin wishkit backup verify …",
            state=_WHOLE,
        )
    if _NO_ROOM.search(text):
        raise BackupError(
            f"there is no room to restore it into: {_first(told)}",
            code="backup-disk-full",
            help="a restored copy lies in /dev/shm if that has room, else in /tmp; make room "
            "there, or set TMPDIR to a folder that has",
            state=_WHOLE,
        )
    if _NOT_HERE.search(text):
        raise CompareError(
            f"the scratch server cannot hold it: {_first(told)}",
            code="scratch-lacks",
            notes=tuple(told[1:]),
            help=f"let {VARIABLE} name a PostgreSQL {manifest.major} or newer that is built as the "
            "live one is",
            state=_WHOLE,
        )
    if status < 0:
        raise ServerError(f"pg_restore was ended by signal {-status}", code="restore-ended")
    raise unfit(
        f"it cannot be restored: {_first(told)}",
        code="backup-not-restorable",
        notes=tuple(told[1:]),
    )


def _unquoted(name: str) -> list[str]:
    parts = re.findall(r'"(?:[^"]|"")+"|[^".]+', name)
    return [it[1:-1].replace('""', '"') if it.startswith('"') else it for it in parts]


def _compare_schema(
    connection: Connection, manifest: Manifest, expected: Snapshot
) -> tuple[str, ...]:
    """Hold the restored schema against that of the snapshot.

    Returns:
        What could not be compared.
    """
    actual = read_snapshot(connection)
    differences = [it for found in compare(expected, actual) if (it := _meant(found))]
    notes: tuple[str, ...] = ()
    if manifest.reader != reader():
        # Another version may see more in a catalog, or less, of which nobody has changed anything.
        kinds = {it.kind for it in expected.items} & {it.kind for it in actual.items}
        differences = [
            it for it in differences if it.type != "different" and it.identity.kind in kinds
        ]
        version = manifest.tool_version
        notes = (f"made by another wishkit ({version}): only the names of objects were compared",)
    drifts = judged(in_any_order(differences), made_by=lambda _: None, by_hand={})
    if drifts:
        texts = [f"schema: {it.text}" for it in drifts]
        raise _differs("its schema is not that of the database it was made of", texts)
    return notes


def _meant(difference: Difference) -> Difference | None:
    """The difference without what no dump of a database holds."""
    if difference.identity.kind in _NOT_IN_DUMP:
        return None
    if difference.type == "missing" and (difference.expected or {}).get("valid") is False:
        return None  # pg_dump leaves out an index that is INVALID
    if difference.type != "different":
        return difference
    not_kept = {"version"} if difference.identity.kind == "extension" else _NOT_KEPT
    changes = tuple(it for it in difference.changes if it.attribute not in not_kept)
    if not changes or any(it.attribute == "valid" for it in changes):
        return None
    return replace(difference, changes=changes)


def _measured(connection: Connection, *, hashes: bool, listener: Listener) -> tuple[TableRows, ...]:
    tables = tables_of(connection)

    def tell(position: int, name: str) -> None:
        listener(Progressed("backup", "comparing", position, len(tables), "tables", detail=name))

    with measuring(connection, lock_timeout=10):
        return measure(connection, tables, hashes=hashes, tell=tell)


def _compare_rows(manifest: Manifest, found: Sequence[TableRows]) -> None:
    """Numbers of rows, and what they hold where that was taken on both sides."""
    restored = {it.name: it for it in found}
    wrong = []
    for table in manifest.tables:
        there = restored.get(table.name)
        if there is None or there.rows != table.rows:
            rows = there.rows if there else 0
            wrong.append(f"{table.name}: {rows:,} of {table.rows:,} rows")
        elif None not in {there.digest, table.digest} and there.digest != table.digest:
            wrong.append(f"{table.name}: {table.rows:,} rows, and they are not the same")
    known = {it.name for it in manifest.tables}  # of a standby, unlogged tables are not
    wrong += [
        f"{it.name}: {it.rows:,} of 0 rows" for it in found if it.rows and it.name not in known
    ]
    if wrong:
        raise _differs("its rows are not those of the database it was made of", wrong)


def _differs(message: str, what: list[str]) -> BackupUnfit:
    more = [f"and {len(what) - _SHOWN} more"] if len(what) > _SHOWN else []
    return unfit(message, code="backup-differs", notes=(*what[:_SHOWN], *more))


def _first(told: Sequence[str]) -> str:
    return re.sub(r"^error: ", "", redact(told[0])) if told else "it said nothing"
