"""Verify a backup: read it, restore it, compare; the ledger keeps how far it went."""

from __future__ import annotations

import os
import socket
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from wishkit import config as configuration
from wishkit.commands.backup import identifier, own_backups, refuse_level
from wishkit.commands.workspace import shown
from wishkit.core.evidence import EXTERNAL, standings
from wishkit.errors import (
    BackupError,
    BackupUnfit,
    Interrupted,
    UsageError,
    WishkitError,
)

if TYPE_CHECKING:
    from wishkit.commands.workspace import Workspace
    from wishkit.core.events import Event, Listener
    from wishkit.core.evidence import Evidence
    from wishkit.core.manifest import Manifest

_RESTORED, _COMPARED = 2, 3


@dataclass(frozen=True, slots=True)
class VerifiedBackup:
    """A backup that was verified, and how far.

    Attributes:
        id: of the backup; null where there is no manifest.
        path: of it, as the user would name it.
        level: 1: every byte was read; 2: it was restored, with the same schema and numbers of rows;
            3: with the same rows.
        size: in bytes.
        server: what it was restored into; null where it was not.
        tables: how many were compared.
        rows: how many there are in them.
        kept: whether the ledger of the database has this as evidence.
        seconds: how long it took.
        notes: what the reader should know besides.
    """

    id: str | None
    path: str
    level: int
    size: int
    server: str | None
    tables: int
    rows: int
    kept: bool
    seconds: float
    notes: tuple[str, ...] = ()


def environment_of(path: Path) -> str | None:
    """The environment that a backup was made of, if wishkit.toml has it still.

    Raises:
        BackupError: its manifest cannot be understood.
        ConfigError: the configuration cannot be.
    """
    from wishkit.postgres.archive import load_manifest  # noqa: PLC0415 - heavy

    found = load_manifest(path)
    names = [it.name for it in configuration.load().environments]
    return found[0].environment if found and found[0].environment in names else None


def verify(
    workspace: Workspace,
    path: Path | None = None,
    *,
    level: int | None = None,
    jobs: int = 1,
    named: bool = True,
    again: bool = False,
) -> VerifiedBackup:
    """Verify a backup, and keep in the ledger of its database how far it was.

    Args:
        workspace: project and database.
        path: of the backup; the newest one that the ledger knows of by default.
        level: 1 readable, 2 restored, 3 compared; by default as far as its manifest allows.
        jobs: tables restored at a time.
        named: somebody said which database it is of: then it has to be.
        again: the database has been told of already.

    Raises:
        BackupUnfit: it is damaged, differs, or is of another database; the ledger keeps that, too.
        BackupError: it cannot be verified here, or not so far.
        WishkitError: what is needed for that cannot be had.
    """
    from wishkit.postgres.archive import load_manifest  # noqa: PLC0415 - heavy

    if level is not None:
        refuse_level(level, least=1)
    if again:
        workspace = replace(workspace, listener=_heard(workspace))
    if path is None:
        path, workspace = _newest(workspace), replace(workspace, listener=_heard(workspace))
    path = _existing(path)
    loaded = load_manifest(path)
    if loaded is None:
        return _read_only(path, level)
    manifest, checksum = loaded
    reach = _reach(manifest, level)
    began = time.monotonic()
    known, notes = _known(workspace, manifest, named=named)
    quiet = replace(workspace, listener=_heard(workspace))
    try:
        _refuse_other(path, manifest, checksum, known)
        result = _verified(workspace, path, manifest, level=reach, jobs=jobs)
    except BackupUnfit as error:
        if known is not None:
            why = _keep(quiet, manifest, checksum, path, level=0, failure=error.message)
            error.state = error.state or (
                f"the ledger does not know of this: {why}"
                if why
                else "the ledger keeps that it failed: it counts for nothing any more"
            )
        raise
    except KeyboardInterrupt:
        raise Interrupted("interrupted", state="the backup is as it was") from None
    if known is not None:
        why = _keep(quiet, manifest, checksum, path, level=reach, failure=None)
        notes += () if why is None else (f"the ledger does not know of it: {why}",)
        result = replace(result, kept=why is None)
    seconds = time.monotonic() - began
    return replace(result, seconds=seconds, notes=(*result.notes, *notes))


def _heard(workspace: Workspace) -> Listener:
    """The same listener, but for what it has heard already: which database this is."""
    from wishkit.core.events import Connected  # noqa: PLC0415 - only for this

    def hear(event: Event) -> None:
        if not isinstance(event, Connected):
            workspace.listener(event)

    return hear


def _existing(path: Path) -> Path:
    if path.name.endswith(".json") and path.with_suffix("").exists():
        path = path.with_suffix("")  # the manifest was named
    if not path.exists():
        raise UsageError(f"there is no {path}", code="no-such-backup", help="wishkit backup list")
    return path


def _newest(workspace: Workspace) -> Path:
    """The newest backup that the ledger of a database knows of, if it is here."""
    with workspace.connect("backup", writes=False) as (connection, target, server):
        from wishkit.postgres.backups import read_evidence  # noqa: PLC0415 - heavy
        from wishkit.postgres.ledger import read_ledger  # noqa: PLC0415 - as above

        found = standings(read_evidence(connection, read_ledger(connection)))
        own = [it for it in own_backups(found, server) if it.kind != EXTERNAL]
    if not own:
        raise BackupError(
            "the ledger knows of no backup of this database that could be verified",
            code="backup-missing",
            help=f"make one: wishkit backup create --env {target.name}, or name its file: "
            "wishkit backup verify FILE",
        )
    place = own[0].location or ""
    if not Path(place).exists():
        here = own[0].host == socket.gethostname()
        raise BackupError(
            f"the newest backup is not here: {own[0].what}, {place}"
            + ("" if here else f" on {own[0].host}"),
            code="backup-not-here",
            help="if it was moved or copied, name it: wishkit backup verify FILE --env "
            f"{target.name}",
        )
    return Path(place)


def _reach(manifest: Manifest, level: int | None) -> int:
    if manifest.schema is None:
        if level is not None and level > 1:
            raise BackupError(
                f"the schema of {manifest.id} is not known: not all of it could be read when it "
                "was made",
                code="backup-no-schema",
                help="make one as the owner of the database, or verify it to level 1",
            )
        return 1
    if level == _COMPARED and not manifest.hashed:
        raise BackupError(
            f"{manifest.id} was made without hashes of its rows: there is nothing to compare with",
            code="backup-no-hashes",
            help="make one with: wishkit backup create --hashes; or verify it to level 2",
        )
    return level or (_COMPARED if manifest.hashed else _RESTORED)


def _known(
    workspace: Workspace, manifest: Manifest, *, named: bool
) -> tuple[tuple[Evidence, ...] | None, tuple[str, ...]]:
    """What the ledger knows of a backup; None and why, where it is not to be told of this."""
    target = workspace.target
    if not named and target.embedded and target.name != manifest.environment:
        return None, ("no ledger knows of this; name the database: --env NAME or --url URL",)
    try:
        with workspace.connect("backup", writes=False) as (connection, target, server):
            from wishkit.postgres.backups import read_evidence  # noqa: PLC0415 - heavy
            from wishkit.postgres.ledger import read_ledger  # noqa: PLC0415 - as above

            here = (server.database, identifier(server))
            rows = read_evidence(connection, read_ledger(connection))
    except WishkitError as error:
        if named:
            raise
        return None, (f"no ledger knows of this: {error.message}",)
    of = (manifest.database, manifest.system_identifier)
    if here == of:
        return tuple(it for it in rows if it.id == manifest.id), ()
    told = f"it is of the database {_place(of)}; {target.name} is {_place(here)}"
    if not named:
        return None, (f"no ledger knows of this: {told}",)
    raise BackupUnfit(
        f"{manifest.id} is a backup of another database: {told}",
        code="backup-foreign",
        help="name the database that it is of, or take a backup of this one: wishkit backup create",
        state="nothing was recorded",
    )


def _place(of: tuple[str, str | None]) -> str:
    return f"{of[0]} of system {of[1] or 'unknown'}"


def _refuse_other(
    path: Path, manifest: Manifest, checksum: str, known: tuple[Evidence, ...] | None
) -> None:
    """The ledger remembers which manifest was written: what is compared with must be that."""
    from wishkit.postgres.archive import manifest_path, unfit  # noqa: PLC0415 - heavy

    for row in (known or ())[:1]:
        if row.manifest_checksum != checksum or row.checksum != manifest.checksum:
            raise unfit(f"{manifest_path(path).name} has changed since the backup was made")


def _verified(
    workspace: Workspace, path: Path, manifest: Manifest, *, level: int, jobs: int
) -> VerifiedBackup:
    from wishkit.core.events import Progressed  # noqa: PLC0415 - heavy
    from wishkit.postgres.archive import digests, hold_against  # noqa: PLC0415 - as above
    from wishkit.postgres.dump import Flow  # noqa: PLC0415
    from wishkit.postgres.programs import fitting_tools  # noqa: PLC0415
    from wishkit.postgres.restore import read_through, restore_and_compare  # noqa: PLC0415

    tools = fitting_tools(manifest.dump_major, what="the pg_dump that made it")
    listener = workspace.listener
    found = digests(
        path,
        lambda done: listener(Progressed("backup", "checksum", done, manifest.size, "bytes")),
    )
    try:
        hold_against(path, manifest, found)
    except BackupUnfit as error:
        try:  # what PostgreSQL itself says of it
            read_through(path, tools)
        except BackupUnfit as also:
            error.notes = (*error.notes, also.message)
        raise
    sizes = {it.name.replace('"', ""): it.size for it in manifest.tables}
    read_through(path, tools, Flow("reading", sizes, 1, listener))
    result = VerifiedBackup(
        manifest.id, shown(path), level, manifest.size, None, 0, 0, kept=False, seconds=0.0
    )
    if level < _RESTORED:
        return result
    restored = restore_and_compare(
        path, manifest, hashes=level == _COMPARED, jobs=jobs, listener=listener
    )
    return replace(
        result,
        server=restored.server,
        tables=restored.tables,
        rows=restored.rows,
        notes=restored.notes,
    )


def _read_only(path: Path, level: int | None) -> VerifiedBackup:
    """A dump without a manifest can be read to its end, and that is all."""
    from wishkit.postgres.archive import manifest_path, size_of  # noqa: PLC0415 - heavy
    from wishkit.postgres.programs import fitting_tools  # noqa: PLC0415 - as above
    from wishkit.postgres.restore import read_through  # noqa: PLC0415

    if level is not None and level > 1:
        raise BackupError(
            f"{shown(manifest_path(path))} is missing: there is nothing to compare with",
            code="backup-no-manifest",
            help="without it a backup can be read to its end: --level 1",
        )
    began = time.monotonic()
    read_through(path, fitting_tools(None))
    note = f"{manifest_path(path).name} is missing: nobody can tell whether this is all, unchanged"
    return VerifiedBackup(
        None,
        shown(path),
        1,
        size_of(path),
        None,
        0,
        0,
        kept=False,
        seconds=time.monotonic() - began,
        notes=(note,),
    )


def _keep(
    workspace: Workspace,
    manifest: Manifest,
    checksum: str,
    path: Path,
    *,
    level: int,
    failure: str | None,
) -> str | None:
    """One more row in the ledger; why not, where it could not be written."""
    from wishkit.postgres.backups import Entry, keep_evidence  # noqa: PLC0415 - heavy

    location = os.path.abspath(path)  # noqa: PTH100 - symbolic links stay as the user has them
    entry = Entry.of(manifest, checksum, level=level, location=location, failure=failure)
    try:
        with workspace.connect("backup", writes=False) as (connection, target, server):
            return keep_evidence(connection, target, server, entry, workspace.listener)
    except WishkitError as error:
        return error.message
