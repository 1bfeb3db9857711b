"""pg_dump in one of our snapshots, listened to while it works."""

from __future__ import annotations

import os
import re
import signal
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import psycopg

from wishkit.core.events import Progressed
from wishkit.core.redact import redact
from wishkit.errors import BackupError
from wishkit.postgres.archive import size_of
from wishkit.postgres.contents import locked_error, permission_error
from wishkit.postgres.programs import complaints, run_program
from wishkit.postgres.psql import psql_line
from wishkit.postgres.queries import query

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from wishkit.config import Target
    from wishkit.core.events import Listener
    from wishkit.core.manifest import Kind, TableRows
    from wishkit.postgres.contents import Table
    from wishkit.postgres.programs import Tools

    Connection = psycopg.Connection[Any]

# pg_dump and pg_restore say so of each table (--verbose).
_BEGUN = re.compile(r'^pg_\w+: (?:dumping contents of table|processing data for table) "(.*)"')
_NO_ROOM = re.compile(r"No space left on device|File too large|Disk quota exceeded")


@dataclass(slots=True)
class Flow:
    """How far the rows are that are on their way out of a database, or into one.

    Attributes:
        phase: what is being done, in a word.
        tables: how large each is, by name without quotes.
        jobs: how many are on their way at a time.
        listener: is told.
        path: of the file that grows; None where none does.
        begun: tables of which the program said that it has begun them.
        running: for each table, how much of it is done by the server's own account, from 0 to 1.
        seen: whether there is a server to ask.
    """

    phase: str
    tables: Mapping[str, int]
    jobs: int
    listener: Listener
    path: Path | None = None
    begun: list[str] = field(default_factory=list)
    running: dict[str, float] = field(default_factory=dict)
    seen: bool = False

    def hear(self, line: str) -> None:
        """One line of what the program says."""
        if (found := _BEGUN.match(line)) and found[1] in self.tables:
            self.begun.append(found[1])

    def look(self, connection: Connection, command: str, rows: Mapping[str, int]) -> None:
        """Ask the server how far the tables on their way are, and say so.

        Args:
            connection: to the database; within a transaction or not.
            command: ``COPY TO`` or ``COPY FROM``.
            rows: how many each table has, by name without quotes.
        """
        with suppress(psycopg.Error):  # the program will say what is wrong
            self.seen = True
            connection.execute(query("backup_progress_fresh"))
            values = {"command": command}
            for name, done in connection.execute(query("backup_progress"), values).fetchall():
                self.running[name] = done / max(1, rows.get(name, 0))
        self.tell()

    def tell(self) -> None:
        """Say how far it is."""
        at_work = self.begun[-self.jobs :]
        past = self.begun[: -self.jobs] if len(self.begun) > self.jobs else []
        done = float(sum(self.tables[it] for it in past))
        done += sum(self.tables[it] * min(1.0, self.running.get(it, 0.0)) for it in at_work)
        detail = [f"{len(past):,} of {len(self.tables):,} tables"]
        if self.path:
            detail.append(f"{size_of(self.path) / (1 << 20):.1f} MB written")
        told = Progressed("backup", self.phase, detail=", ".join(detail))
        if self.seen:
            total = sum(self.tables.values())
            told = replace(told, done=int(done), total=total, unit="bytes")
        self.listener(told)


def dump(
    connection: Connection,
    target: Target,
    tools: Tools,
    *,
    snapshot: str,
    kind: Kind,
    path: Path,
    jobs: int,
    compress: str | None,
    tables: Sequence[Table],
    rows: Sequence[TableRows],
    listener: Listener,
) -> None:
    """Have pg_dump write a database as it is in a snapshot.

    Args:
        connection: holds the snapshot; is asked how far pg_dump is.
        target: which database.
        tools: what to run.
        snapshot: its name.
        kind: one file, or a folder.
        path: of it; nothing is there yet.
        jobs: tables dumped at a time; more than one needs a folder.
        compress: as pg_dump takes it; None: as it does by itself.
        tables: of the database.
        rows: what they hold.
        listener: is told how far it is.

    Raises:
        BackupError: ``backup-disk-full``, ``backup-permission``, ``backup-failed``.
    """
    place, secrets = psql_line(
        target.url or "", role=target.role, application_name="wishkit backup (pg_dump)"
    )
    line = [
        tools.program("pg_dump"),
        *place,
        "--no-password",
        "--verbose",
        f"--format={kind}",
        f"--file={path}",
        f"--snapshot={snapshot}",
        f"--lock-wait-timeout={max(1000, round(target.patience.deadline * 1000))}",
        *([f"--jobs={jobs}"] if kind == "directory" else []),
        *([f"--compress={compress}"] if compress else []),
    ]
    flow = Flow(
        "dumping", {f"{it.schema}.{it.name}": it.size for it in tables}, jobs, listener, path
    )
    counted = {it.name: it.rows for it in rows}
    known = {f"{it.schema}.{it.name}": counted[it.written] for it in tables}
    status, said = run_program(
        line,
        secrets=secrets,
        hear=flow.hear,
        tick=lambda: flow.look(connection, "COPY TO", known),
    )
    if status:
        raise _dump_failed(status, complaints(said), path)


def _dump_failed(status: int, said: list[str], path: Path) -> BackupError:
    text = redact("\n".join(said))
    if status == -signal.SIGXFSZ or _NO_ROOM.search(text):
        return no_room(f"there is no room for the backup in {path.parent}", text)
    first = re.sub(r"^error: ", "", text.splitlines()[0] if text else "it said nothing")
    if "permission denied" in text or "row-level security" in text:
        return permission_error(first)
    if "lock timeout" in text:
        return locked_error(first)
    ended = f"by signal {signal.Signals(-status).name}" if status < 0 else f"with status {status}"
    return BackupError(
        f"pg_dump ended {ended}: {first}",
        code="backup-failed",
        notes=tuple(text.splitlines()[1:]),
        state="nothing was kept",
    )


def no_room(message: str, said: str = "") -> BackupError:
    """A disk is full, or a limit for files is reached."""
    return BackupError(
        message,
        code="backup-disk-full",
        notes=tuple(line for line in said.splitlines() if _NO_ROOM.search(line))[:1],
        help="make room there, or name another folder: --to FOLDER, or folder = … in [backup] of "
        "wishkit.toml",
        state="nothing was kept",
    )


def full(error: OSError) -> bool:
    """Whether the operating system had no room."""
    return bool(_NO_ROOM.search(os.strerror(error.errno or 0)))
