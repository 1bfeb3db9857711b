"""Make backups that can be verified, and list what the ledger knows of them."""

from __future__ import annotations

import os
import re
import secrets
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from wishkit.commands.workspace import DATA_FOLDER, embedded_folder, shown
from wishkit.core.evidence import Evidence, standings
from wishkit.errors import BackupError, ConfigError, Interrupted, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    import psycopg

    from wishkit.commands.workspace import Workspace
    from wishkit.config import Config, Target
    from wishkit.core.gate import Gate
    from wishkit.core.manifest import Kind, Manifest
    from wishkit.postgres.connection import Server

    Connection = psycopg.Connection[Any]

KINDS: tuple[Kind, ...] = ("custom", "directory")


@dataclass(frozen=True, slots=True)
class MadeBackup:
    """A backup that was made.

    Attributes:
        database: which one, without secrets.
        id: of the backup.
        kind: custom: one file; directory: a folder of them.
        path: of it, as the user would name it.
        size: in bytes.
        checksum: SHA-256 of the file; for a folder, of the list of its files.
        taken_at: the data is of then, by the server's clock.
        tables: how many tables it holds.
        rows: how many rows.
        hashed: whether hashes of the rows were taken, so that it can be verified to level 3.
        level: how far it has been verified.
        kept: whether the ledger of the database has it as evidence.
        seconds: how long all of it took.
        notes: what the reader should know besides.
    """

    database: str
    id: str
    kind: Kind
    path: str
    size: int
    checksum: str
    taken_at: datetime
    tables: int
    rows: int
    hashed: bool
    level: int
    kept: bool
    seconds: float
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Backups:
    """What the ledger knows of the backups of a database.

    Attributes:
        environment: who named the database.
        database: which one, without secrets.
        backups: of this very database, the newest data first.
        others: how many are of another one, of which this is a copy.
        gate: whether migrate would go on, for a plan that destroys nothing; null where the
            environment asks for no backup.
        destructive_gate: the same, for a plan that destroys data.
    """

    environment: str
    database: str
    backups: tuple[Evidence, ...]
    others: int = 0
    gate: Gate | None = None
    destructive_gate: Gate | None = None


def create(
    workspace: Workspace,
    *,
    folder: Path | None = None,
    kind: str = "custom",
    jobs: int | None = None,
    compress: str | None = None,
    hashes: bool = False,
    level: int = 0,
) -> MadeBackup:
    """Dump a database, with a manifest of what its snapshot held, and keep that as evidence.

    Args:
        workspace: project and database.
        folder: to put it in; the configured one by default.
        kind: custom or directory.
        jobs: tables dumped at a time; more than one needs a directory.
        compress: as pg_dump takes it, such as ``0``, ``9`` or, since 16, ``zstd:3``.
        hashes: take hashes of all rows.
        level: verify it at once, up to this level; 3 takes hashes.

    Raises:
        UsageError: the options do not go together.
        BackupError: it cannot be made; nothing is left of it.
        BackupUnfit: it was made, and its verification found it wanting.
        WishkitError: the database cannot be reached.
    """
    chosen = refuse_unclear(kind, jobs, level)
    began = time.monotonic()
    with workspace.connect("backup", writes=False) as (connection, target, server):
        from wishkit.core.manifest import write_manifest  # noqa: PLC0415 - heavy
        from wishkit.postgres.archive import put_in_place  # noqa: PLC0415 - as above
        from wishkit.postgres.backups import Entry, keep_evidence  # noqa: PLC0415
        from wishkit.postgres.connection import describe, refuse_pooler  # noqa: PLC0415
        from wishkit.postgres.dump import full, no_room  # noqa: PLC0415

        refuse_pooler(server)
        place = _folder(folder or backup_folder(workspace.config))
        with _unfinished(place) as draft:
            manifest = _dump(
                connection,
                workspace,
                target,
                server,
                kind=chosen,
                draft=draft,
                jobs=jobs or 1,
                compress=compress,
                hashes=hashes or level == 3,  # noqa: PLR2004 - compared
            )
            path = place / f"{manifest.id}.dump"
            try:
                checksum = put_in_place(draft, path, write_manifest(manifest))
            except OSError as error:
                if full(error):
                    raise no_room(f"there is no room for the backup in {place}") from None
                raise _unwritable(place, error) from None
        location = os.path.abspath(path)  # noqa: PTH100 - symbolic links stay as the user has them
        entry = Entry.of(manifest, checksum, level=0, location=location, failure=None)
        why = keep_evidence(connection, target, server, entry, workspace.listener)
        database = describe(target, server)
    notes = () if why is None else (f"the ledger does not know of it: {why}",)
    reached = 0
    if level:
        from wishkit.commands.backup_verify import verify  # noqa: PLC0415 - rarely needed

        verified = verify(workspace, path, level=level, jobs=jobs or 1, named=True, again=True)
        reached, notes = verified.level, (*notes, *(it for it in verified.notes if not why))
    return MadeBackup(
        database,
        manifest.id,
        manifest.kind,
        shown(path),
        manifest.size,
        manifest.checksum,
        manifest.taken_at,
        len(manifest.tables),
        sum(it.rows for it in manifest.tables),
        manifest.hashed,
        reached,
        why is None,
        time.monotonic() - began,
        notes,
    )


def backups(workspace: Workspace) -> Backups:
    """What the ledger knows of the backups of a database. Writes nothing.

    Raises:
        WishkitError: the database cannot be reached, or its ledger not be read.
    """
    with workspace.connect("backup", writes=False) as (connection, target, server):
        from wishkit.commands.backup_gate import backup_gate  # noqa: PLC0415 - heavy
        from wishkit.postgres.backups import read_evidence  # noqa: PLC0415 - as above
        from wishkit.postgres.connection import describe  # noqa: PLC0415
        from wishkit.postgres.ledger import read_ledger  # noqa: PLC0415

        ledger = read_ledger(connection)
        found = standings(read_evidence(connection, ledger))
        own = own_backups(found, server)
        gates = [
            backup_gate(connection, target, server, ledger, destroys=destroys)
            for destroys in ((), ("",))
        ]
        database = describe(target, server)
    return Backups(target.name, database, own, len(found) - len(own), *gates)


def own_backups(found: tuple[Evidence, ...], server: Server) -> tuple[Evidence, ...]:
    """Those of this very database: others came here when it was made as a copy."""
    place = (server.database, identifier(server))
    return tuple(it for it in found if (it.database, it.system_identifier) == place)


def identifier(server: Server) -> str | None:
    """The system identifier as text: it is more than a number of JavaScript holds."""
    return None if server.system_identifier is None else str(server.system_identifier)


def refuse_unclear(kind: str, jobs: int | None, level: int) -> Kind:
    """Options that go together, before anything is connected to.

    Raises:
        UsageError: they do not.
    """
    for known in KINDS:
        if kind == known:
            break
    else:
        raise UsageError(f'"{kind}" is no format', help=f"write {' or '.join(KINDS)}")
    if jobs is not None and jobs < 1:
        raise UsageError("--jobs must be 1 or more")
    if jobs is not None and jobs > 1 and known != "directory":
        raise UsageError(
            "several tables at a time need a folder to go into",
            help="--jobs goes with --format directory",
        )
    refuse_level(level, least=0)
    return known


def refuse_level(level: int, *, least: int) -> None:
    """A level that there is.

    Raises:
        UsageError: there is none such.
    """
    if level not in range(least, 4):
        meaning = ", ".join(["0: made", "1: readable", "2: restored", "3: compared"][least:])
        raise UsageError(f"{level} is no level of a backup", help=meaning)


def backup_folder(config: Config) -> Path:
    """Where the backups of a project go."""
    return config.backups or embedded_folder(config).parent / "backups"


def _folder(place: Path) -> Path:
    """The folder, made if need be: for its owner alone where it is ours to make."""
    try:
        for folder in reversed([it for it in (place, *place.parents) if not it.exists()]):
            folder.mkdir(mode=0o755 if folder.name == DATA_FOLDER else 0o700, exist_ok=True)
        if not os.access(place, os.W_OK | os.X_OK) or not place.is_dir():
            raise PermissionError(13, "permission denied")
    except OSError as error:
        raise _unwritable(place, error) from None
    return place


def _unwritable(place: Path, error: OSError) -> ConfigError:
    return ConfigError(
        f"cannot write into {shown(place)}: {(error.strerror or str(error)).lower()}",
        code="unwritable",
        help="name another folder: --to FOLDER, or folder = … in [backup] of wishkit.toml",
        state="nothing was kept",
    )


@contextmanager
def _unfinished(place: Path) -> Iterator[Path]:
    """A name for what is not finished; nothing of it is left, however that ends."""
    from wishkit.postgres.archive import remove  # noqa: PLC0415 - heavy

    draft = place / f".unfinished-{secrets.token_hex(4)}"
    try:
        yield draft
    except KeyboardInterrupt:
        raise Interrupted(
            "interrupted", state="nothing was kept; the database is untouched"
        ) from None
    finally:
        remove(draft)


def _dump(
    connection: Connection,
    workspace: Workspace,
    target: Target,
    server: Server,
    *,
    kind: Kind,
    draft: Path,
    jobs: int,
    compress: str | None,
    hashes: bool,
) -> Manifest:
    """Measure the tables, and have them dumped, in one snapshot."""
    from psycopg.errors import UntranslatableCharacter  # noqa: PLC0415 - heavy

    from wishkit import __version__  # noqa: PLC0415 - only for this
    from wishkit.core.events import Progressed  # noqa: PLC0415 - as above
    from wishkit.core.manifest import Manifest, checksum_of  # noqa: PLC0415 - heavy
    from wishkit.core.snapshot_text import pack  # noqa: PLC0415
    from wishkit.postgres.archive import digests  # noqa: PLC0415
    from wishkit.postgres.backups import server_time  # noqa: PLC0415
    from wishkit.postgres.catalog import read_snapshot  # noqa: PLC0415
    from wishkit.postgres.contents import measure, measuring, tables_of  # noqa: PLC0415
    from wishkit.postgres.dump import dump  # noqa: PLC0415
    from wishkit.postgres.last_run import reader  # noqa: PLC0415
    from wishkit.postgres.programs import fitting_tools  # noqa: PLC0415

    listener = workspace.listener
    tools = fitting_tools(server.version_number // 10000)
    with measuring(connection, lock_timeout=max(1.0, target.patience.deadline)) as moment:
        tables = tables_of(connection)
        phase = "hashing" if hashes else "counting"

        def tell(position: int, name: str) -> None:
            listener(Progressed("backup", phase, position, len(tables), "tables", detail=name))

        try:
            schema = read_snapshot(connection)
        except UntranslatableCharacter:  # its encoding lacks a character of our questions
            schema = None
        rows = measure(connection, tables, hashes=hashes, tell=tell)
        dump(
            connection,
            target,
            tools,
            snapshot=moment.snapshot,
            kind=kind,
            path=draft,
            jobs=jobs,
            compress=compress,
            tables=tables,
            rows=rows,
            listener=listener,
        )
    files = digests(draft, lambda done: listener(Progressed("backup", "reading back", done)))
    size, name = sum(it.size for it in files), re.sub(r"[^\w.-]+", "_", server.database)
    id_ = f"{name}-{moment.taken_at:%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"
    if kind == "custom":
        files = tuple(type(it)(f"{id_}.dump", it.size, it.checksum) for it in files)
    if not size:
        raise BackupError("pg_dump wrote nothing", code="backup-failed", state="nothing was kept")
    return Manifest(
        id=id_,
        kind=kind,
        database=server.database,
        system_identifier=identifier(server),
        environment=target.name,
        server_version=server.version_number,
        dump_version=f"{tools.version[0]}.{tools.version[1]}",
        tool_version=__version__,
        encoding=moment.encoding,
        lsn=moment.lsn,
        taken_at=moment.taken_at,
        finished_at=server_time(connection),
        roles=moment.roles,
        public=moment.public,
        tables=rows,
        hashed=hashes,
        size=size,
        checksum=checksum_of(kind, files),
        files=files,
        reader=reader(),
        schema=None if schema is None or schema.unseen else pack(schema),
    )
