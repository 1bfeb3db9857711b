"""Record a backup that others make and keep: a command of the user's tells which, and of when."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from wishkit.commands.backup import identifier
from wishkit.core.evidence import EXTERNAL, LEVELS
from wishkit.errors import BackupError

if TYPE_CHECKING:
    from wishkit.commands.workspace import Workspace

_AHEAD = timedelta(minutes=5)  # that clocks may differ by
_WORD = re.compile(r"(\w+)=(\"[^\"]*\"|'[^']*'|\S+)")
_KEYS = ("id", "time", "level", "size", "checksum", "location")
_EXAMPLE = (
    'it prints JSON: {"id": "rds:wishes-2031-05-18", "time": "2031-05-18T14:02:00Z"}\n'
    "or words: id=rds:wishes-2031-05-18 time=2031-05-18T14:02:00Z\n"
    "level, size, checksum and location may follow"
)


@dataclass(frozen=True, slots=True)
class RecordedBackup:
    """A backup that others keep, as it was recorded.

    Attributes:
        database: which one, without secrets.
        id: as its keeper calls it.
        taken_at: as its keeper says.
        claimed_level: how far its keeper says that it was verified; null where it says nothing.
        location: where it is; null where its keeper does not say.
        kept: whether the ledger of the database has it.
        notes: what the reader should know besides.
    """

    database: str
    id: str
    taken_at: datetime
    claimed_level: int | None
    location: str | None
    kept: bool
    notes: tuple[str, ...] = ()


def record(workspace: Workspace, *, command: str, seconds: float = 600.0) -> RecordedBackup:
    """Run a command that makes or finds a backup, and keep what it says in the ledger.

    wishkit has not seen that backup: it is of level 0, and what its keeper claims is kept as a
    claim.

    Args:
        workspace: project and database.
        command: without a shell; it is told the database by ``WISHKIT_BACKUP_*`` variables.
        seconds: after which it is ended.

    Raises:
        BackupError: ``hook-failed``, ``hook-timeout``, ``hook-answer``; nothing was recorded.
        WishkitError: the database cannot be reached.
    """
    with workspace.connect("backup", writes=False) as (connection, target, server):
        from wishkit.postgres.backups import Entry, keep_evidence, server_time  # noqa: PLC0415
        from wishkit.postgres.connection import describe  # noqa: PLC0415 - heavy
        from wishkit.postgres.hook import run_hook  # noqa: PLC0415 - as above

        variables = {
            "WISHKIT_BACKUP_ENVIRONMENT": target.name,
            "WISHKIT_BACKUP_DATABASE": server.database,
            "WISHKIT_BACKUP_HOST": server.host,
            "WISHKIT_BACKUP_SYSTEM_IDENTIFIER": identifier(server) or "",
        }
        told = _answer(run_hook(command, variables=variables, seconds=seconds))
        taken_at = _time(told["time"])
        now = server_time(connection)
        if taken_at > now + _AHEAD:
            raise _unclear(
                f"its time, {told['time']}, has not come: it is {now:%Y-%m-%dT%H:%M:%S%z}"
            )
        entry = Entry(
            id=str(told["id"]),
            kind=EXTERNAL,
            level=0,
            claimed_level=_number(told, "level", len(LEVELS) - 1),
            size=_number(told, "size", (1 << 63) - 1),
            checksum=_text(told, "checksum"),
            database=server.database,
            system_identifier=identifier(server),
            location=_text(told, "location"),
            taken_at=taken_at,
        )
        why = keep_evidence(connection, target, server, entry, workspace.listener)
        database = describe(target, server)
    notes = () if why is None else (f"the ledger does not know of it: {why}",)
    return RecordedBackup(
        database, entry.id, taken_at, entry.claimed_level, entry.location, why is None, notes
    )


def _answer(printed: str) -> dict[str, Any]:
    """What the command said, as keys and values."""
    import json  # noqa: PLC0415 - only for this

    text = printed.strip()
    if text.startswith("{"):
        try:
            told = json.loads(text)
        except ValueError as error:
            raise _unclear(f"it is no JSON: {error}") from None
    else:
        told = {key: value.strip("\"'") for key, value in _WORD.findall(text)}
    for key in ("id", "time"):
        if not isinstance(told.get(key), str | int) or not str(told[key]).strip():
            raise _unclear(f'it has no "{key}"' if text else "it printed nothing")
    if unknown := [key for key in told if key not in _KEYS]:
        raise _unclear(f'"{unknown[0]}" is not known')
    return dict(told)


def _time(value: object) -> datetime:
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        raise _unclear(f'its time, "{value}", is not of the form 2031-05-18T14:02:00Z') from None
    if moment.tzinfo is None:
        raise _unclear(f'its time, "{value}", has no zone: write Z behind it, or +02:00')
    return moment


def _number(told: dict[str, Any], key: str, greatest: int) -> int | None:
    value = told.get(key)
    if value is None:
        return None
    if not str(value).isdecimal() or int(value) > greatest:
        raise _unclear(f'its {key}, "{value}", is no whole number from 0 to {greatest}')
    return int(value)


def _text(told: dict[str, Any], key: str) -> str | None:
    return str(told[key]) if told.get(key) else None


def _unclear(message: str) -> BackupError:
    return BackupError(
        f"what the command printed cannot be recorded: {message}",
        code="hook-answer",
        help=_EXAMPLE,
        state="nothing was recorded",
    )
