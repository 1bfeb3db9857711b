"""What a database consisted of when the last run ended: kept in the ledger, and compared with."""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg

from wishkit import __version__
from wishkit.postgres import catalog
from wishkit.postgres.queries import query
from wishkit.postgres.session import Lost, Refused

if TYPE_CHECKING:
    from datetime import datetime

    from wishkit.core.schema import Snapshot
    from wishkit.core.state import Ledger
    from wishkit.postgres.run import Run

    Connection = psycopg.Connection[Any]

KEPT_SINCE = 3  # the version of the ledger
# Relations up to which all objects are kept after a run: about a quarter of a second's work.
# Beyond, only that something has changed can be told without a scratch server, and not what.
LARGEST = 10_000


@dataclass(frozen=True, slots=True)
class LastRun:
    """The state of a database after the last run that changed it.

    Attributes:
        ended_at: when that was.
        fingerprint: of the catalogs then; None where it could not be taken.
        content: every object then, packed; None where that was not kept.
    """

    ended_at: datetime
    fingerprint: str | None
    content: bytes | None

    def snapshot(self) -> Snapshot | None:
        """Every object then, which takes a moment to unpack; None where it was not kept."""
        from wishkit.core.snapshot_text import unpack  # noqa: PLC0415 - heavy, and often not needed

        with suppress(ValueError):
            return unpack(self.content) if self.content else None
        return None


@cache
def reader() -> str:
    """Tells what reads catalogs from any other version of it: a newer one may see more."""
    digest = hashlib.sha256(__version__.encode())
    folder = Path(catalog.__file__).parent
    for path in sorted([*folder.glob("*.py"), *(folder.parent / "queries").glob("catalog_*.sql")]):
        digest.update(os.fsencode(path.name) + path.read_bytes())
    return digest.hexdigest()[:16]


def keep_snapshot(run: Run) -> None:
    """Keep what a run has left, before it lets go of its lock.

    Nothing depends on it but how drift is told, so it never makes a run fail: a snapshot that is
    not of the last run is recognised by its run.
    """
    from wishkit.core.snapshot_text import pack  # noqa: PLC0415 - heavy, and often not needed

    connection = run.session.connection
    # An interrupt that comes now asks a run to stop that has stopped.
    with suppress(psycopg.Error, Refused, Lost, KeyboardInterrupt):
        connection.rollback()
        run.session.send(run.session.clean)
        fingerprint = catalog.fingerprint(connection)
        row = connection.execute(query("relations_estimate")).fetchone()
        small = row is not None and int(str(row[0])) <= LARGEST
        content = pack(catalog.read_snapshot(connection)) if small else None
        values = {"run": run.recorder.run, "reader": reader(), "fingerprint": fingerprint}
        connection.execute(query("snapshot_keep"), {**values, "content": content})


def last_run(connection: Connection, ledger: Ledger) -> LastRun | None:
    """What the last run left; None where that is not known."""
    if ledger.version < KEPT_SINCE:
        return None
    # Binary: a time in text is written as the session's DateStyle has it.
    values = {"reader": reader()}
    row = None
    with suppress(psycopg.errors.InsufficientPrivilege):  # it can be told less then
        row = connection.execute(query("snapshot_last"), values, binary=True).fetchone()
    return LastRun(*row) if row else None
