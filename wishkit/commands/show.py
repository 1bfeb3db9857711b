"""Show one migration: as its files have it, as it was applied, and all that was done with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from wishkit.core.difference import difference
from wishkit.core.header import Header
from wishkit.core.migration import resolve
from wishkit.core.state import State, compare
from wishkit.errors import MigrationFileError, UsageError

if TYPE_CHECKING:
    from datetime import datetime

    from wishkit.commands.workspace import Workspace
    from wishkit.core.migration import Direction, Migration
    from wishkit.core.script import Script
    from wishkit.core.state import Entry


@dataclass(frozen=True, slots=True)
class Text:
    """One direction of a migration.

    Attributes:
        direction: forward or backward.
        path: its file; None when there is none.
        file: the text in the file; None when there is none.
        applied: the text as applied (or begun); None when the ledger has none.
        difference: from applied to file, as a unified diff; empty where there are not two.
    """

    direction: Direction
    path: str | None = None
    file: str | None = None
    applied: str | None = None
    difference: str = ""


@dataclass(frozen=True, slots=True)
class Event:
    """One attempt at a migration, or one mark by hand.

    Attributes:
        at: when it began, in UTC.
        direction: forward, backward, mark or unmark.
        outcome: done, failed, partial or interrupted.
        role: who the server says was logged in.
        user: login name on the machine it was started from.
        host: that machine.
        version: of wishkit.
        seconds: how long it took.
        reason: why, in the words of who asked.
        accepted: rules that it broke with consent: ``rule``, or ``rule: reason``.
        killed: sessions that were ended, with consent, because they held what it needed.
    """

    at: datetime
    direction: str
    outcome: str
    role: str
    user: str | None
    host: str | None
    version: str
    seconds: float
    reason: str | None
    accepted: tuple[str, ...] = ()
    killed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Shown:
    """One migration.

    Attributes:
        database: which one, without secrets.
        id: which migration.
        state: as in status.
        header: what the forward file says about itself, or the text as applied where it is gone.
        checksum: of the files; None when they are gone.
        applied_checksum: of the text as applied; None when the ledger has none.
        applied_at: when it was applied, in UTC; None when it is not.
        applied_by: the role that applied it.
        forward: its text.
        backward: the text of its way back.
        history: what was done with it here, oldest first.
        notes: what the reader should know besides.
    """

    database: str
    id: str
    state: State
    header: Header
    checksum: str | None
    applied_checksum: str | None
    applied_at: datetime | None
    applied_by: str | None
    forward: Text
    backward: Text
    history: tuple[Event, ...]
    notes: tuple[str, ...]


def show(workspace: Workspace, reference: str) -> Shown:
    """Read one migration's files and what the ledger has of it. Writes nothing.

    Raises:
        UsageError: ``unknown-migration``.
        WishkitError: files, connection or ledger cannot be read.
    """
    return _look(workspace, reference)[0]


def text(workspace: Workspace, reference: str, direction: Direction) -> bytes:
    """The text of one direction alone: as applied where it is applied, else as in the file.

    Raises:
        UsageError: ``unknown-migration``, or ``no-text``.
        WishkitError: files, connection or ledger cannot be read.
    """
    shown, entry, applied = _look(workspace, reference)
    source = applied or entry.migration
    script = source.script(direction) if source else None
    if script is None:
        raise UsageError(
            f"{shown.id} has no {direction} text",
            code="no-text",
            help=shown.header.irreversible or f"wishkit show {shown.id} tells what there is",
        )
    return script.source


def _look(workspace: Workspace, reference: str) -> tuple[Shown, Entry, Migration | None]:
    migrations = workspace.migrations()
    with workspace.connect("show", writes=False) as (connection, target, server):
        from wishkit.postgres.connection import describe  # noqa: PLC0415 - heavy
        from wishkit.postgres.history import read_history  # noqa: PLC0415
        from wishkit.postgres.ledger import read_ledger, read_scripts  # noqa: PLC0415

        ledger = read_ledger(connection)
        entries = {entry.id: entry for entry in compare(migrations, ledger)}
        entry = entries[resolve(reference, entries)]
        applied = read_scripts(connection, ledger, [entry.id]).get(entry.id)
        history = tuple(Event(*row) for row in read_history(connection, ledger, entry.id))
        database = describe(target, server)
    header, notes = _header(entry.migration or applied)
    record = entry.record
    if record and applied is None:
        notes = (*notes, "applied by plain yoyo, which keeps no text")
    shown = Shown(
        database,
        entry.id,
        entry.state,
        header,
        entry.migration.checksum if entry.migration else None,
        applied.checksum if applied else None,
        record.applied_at if record else None,
        record.applied_by if record else None,
        _text("forward", entry.migration, applied),
        _text("backward", entry.migration, applied),
        history,
        notes,
    )
    return shown, entry, applied


def _header(migration: Migration | None) -> tuple[Header, tuple[str, ...]]:
    try:
        return (migration.header if migration else Header()), ()
    except MigrationFileError as error:
        return Header(), (f"{error.where}: {error.message}",)


def _text(direction: Direction, file: Migration | None, applied: Migration | None) -> Text:
    now = file.script(direction) if file else None
    then = applied.script(direction) if applied else None
    return Text(
        direction,
        now.path if now else None,
        _decoded(now),
        _decoded(then),
        difference(then, now) if file and applied else "",
    )


def _decoded(script: Script | None) -> str | None:
    return None if script is None else script.source.decode(errors="replace")
