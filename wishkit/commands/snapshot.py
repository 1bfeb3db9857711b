"""The canonical schema as one SQL file: written from a database, and held against it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from wishkit.commands.workspace import shown
from wishkit.errors import ConfigError, ConnectError, WishkitError

if TYPE_CHECKING:
    from pathlib import Path

    import psycopg

    from wishkit.commands.workspace import Workspace
    from wishkit.config import Config
    from wishkit.core.ddl import Script

    Connection = psycopg.Connection[Any]

FILE_NAME = "schema.sql"


@dataclass(frozen=True, slots=True)
class SchemaFile:
    """What ``snapshot`` came to.

    Attributes:
        database: which one, without secrets.
        path: of the file, as the user would name it.
        outcome: written, current (it says already what the database is), or stale (it does not,
            and was to be left as it is).
        objects: how many the database has.
        unwritten: objects that stand in the file as comments only, because no SQL makes them
            safely, each with the reason.
        difference: from the file to the database, as a unified diff; empty when there is none.
    """

    database: str
    path: str
    outcome: Literal["written", "current", "stale"]
    objects: int
    unwritten: tuple[str, ...]
    difference: str

    @property
    def exit_status(self) -> int:
        """1: the file is not what the database is; 0: it is."""
        return 1 if self.outcome == "stale" else 0


def snapshot(workspace: Workspace, *, check: bool = False) -> SchemaFile:
    """Write sql/schema.sql from a database, or only compare the two.

    Args:
        workspace: project and database.
        check: leave the file as it is.

    Raises:
        WishkitError: the database cannot be read as a whole, or the file cannot be written.
    """
    path = schema_file(workspace.config)
    with workspace.connect("snapshot", writes=False) as (connection, target, server):
        from wishkit.postgres.connection import describe  # noqa: PLC0415 - heavy

        script = read(connection)
        database = describe(target, server)
    before = _text(path)
    difference = "" if before == script.text else _difference(before, script.text, shown(path))
    outcome: Literal["written", "current", "stale"] = "current"
    if before != script.text:
        outcome = "stale" if check else "written"
        if not check:
            write(path, script.text)
    return SchemaFile(database, shown(path), outcome, script.objects, script.unwritten, difference)


def refresh(workspace: Workspace, connection: Connection) -> tuple[str, ...]:
    """After a run on the embedded database, bring a schema file that is there up to date.

    It is a convenience of development: whatever is in its way is a remark, never a failure.

    Args:
        workspace: project and database.
        connection: idle.

    Returns:
        What was in the way, if anything.
    """
    path = schema_file(workspace.config)
    if not workspace.target.embedded or not path.exists():
        return ()
    from psycopg import Error  # noqa: PLC0415 - heavy

    try:
        text = read(connection).text
        if text != _text(path):
            write(path, text)
    except (WishkitError, Error) as error:
        return (f"{shown(path)} was not brought up to date: {error}",)
    return ()


def schema_file(config: Config) -> Path:
    """Where the canonical schema of a project lies."""
    return config.sql / FILE_NAME


def read(connection: Connection) -> Script:
    """A database as one SQL text.

    Raises:
        ConnectError: ``catalog-unreadable``: the role may not read all of it.
    """
    from wishkit.core.ddl import script  # noqa: PLC0415 - only where something is written
    from wishkit.postgres.catalog import read_snapshot  # noqa: PLC0415 - heavy

    found = read_snapshot(connection)
    if found.unseen:
        raise ConnectError(
            f"this role may not read {', '.join(found.unseen)}",
            code="catalog-unreadable",
            help="connect as the owner of the database, or have SELECT on these catalogs granted",
            state="nothing was written",
        )
    return script(found)


def write(path: Path, text: str) -> None:
    """Replace a file as a whole: who reads it meanwhile sees the old text or the new one.

    Raises:
        ConfigError: ``unwritable``.
    """
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh.write_text(text, encoding="utf-8", newline="\n")
        fresh.replace(path)
    except OSError as error:
        fresh.unlink(missing_ok=True)
        raise ConfigError(
            f"cannot write {shown(path)}: {(error.strerror or str(error)).lower()}",
            code="unwritable",
            state="the database is as it was",
        ) from None


def _text(path: Path) -> str | None:
    """What a file holds, CRLF as LF: a checkout may have turned one into the other."""
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ConfigError(
            f"cannot read {shown(path)}: {(error.strerror or str(error)).lower()}",
            code="unreadable",
        ) from None


def _difference(before: str | None, after: str, name: str) -> str:
    import difflib  # noqa: PLC0415 - only for what differs

    lines = difflib.unified_diff(
        (before or "").splitlines(),
        after.splitlines(),
        name if before is not None else "/dev/null",
        "the database",
        lineterm="",
    )
    return "\n".join(lines)
