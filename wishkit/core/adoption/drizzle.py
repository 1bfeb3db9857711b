"""drizzle-kit: ``0000_brave_wasp.sql`` in the order of meta/_journal.json.

Sources: of https://github.com/drizzle-team/drizzle-orm, drizzle-orm/src/migrator.ts (the journal;
the hash is SHA-256 of a file; statements stand between ``--> statement-breakpoint``) and
pg-core/dialect.ts (drizzle.__drizzle_migrations: an entry is applied when the newest row is not
older than it). Nothing is kept of a way back.
"""

from __future__ import annotations

import hashlib
import json
import re
from typing import TYPE_CHECKING

from wishkit.core.adoption.model import History, Original, Registry, Tool, Trouble
from wishkit.core.adoption.sections import ended
from wishkit.core.script import Script
from wishkit.errors import Location

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wishkit.core.adoption.model import Folder, Row

_JOURNAL = "meta/_journal.json"
_BREAK = re.compile(rb"--> statement-breakpoint")
_NUMBER = re.compile(r"^\d+_")


def read(folder: Folder, rows: Sequence[Row] | None) -> History:
    """The history of drizzle."""
    journal = folder.files.get(_JOURNAL)
    if journal is None:
        return History((), (Trouble(f"there is no {_JOURNAL} in {folder.shown}"),))
    try:
        entries = json.loads(journal.source)["entries"]
        order = [(str(it["tag"]), int(it["when"])) for it in entries]
    except (ValueError, KeyError, TypeError) as error:
        message = f"the journal cannot be understood: {error}"
        return History((), (Trouble(message, Location(journal.path, 1)),))
    newest = max((int(row["created_at"] or 0) for row in rows or ()), default=-1)
    hashes = {int(row["created_at"] or 0): str(row["hash"]) for row in rows or ()}
    originals, troubles, notes = [], [], []
    for tag, when in order:
        path = f"{tag}.sql"
        script = folder.files.get(path)
        if script is None:
            troubles.append(Trouble(f"{path} is in the journal, but not in the folder"))
            continue
        applied = when <= newest
        if applied and when not in hashes:
            notes.append(
                f"{path} is older than what was applied last, so drizzle will never run it: it "
                "counts as applied"
            )
        elif applied and hashes[when] != hashlib.sha256(script.source).hexdigest():
            notes.append(f"{path} is not what was applied: its SHA-256 is another one")
        originals.append(
            Original(
                path,
                _NUMBER.sub("", tag),
                _statements(script),
                irreversible="drizzle writes no way back; write it in a .rollback.sql beside this",
                applied=applied,
            )
        )
    known = {f"{tag}.sql" for tag, _ in order}
    unknown = sorted(it for it in folder.files if it.endswith(".sql") and it not in known)
    notes += [f"left out: {path} is not in the journal" for path in unknown]
    lost = sorted(set(hashes) - {when for _, when in order})
    troubles += [
        Trouble(f"the migration of {when} (SHA-256 {hashes[when][:12]}…) is applied, but not in "
                "the journal")
        for when in lost
    ]  # fmt: skip
    return History(tuple(originals), tuple(troubles), tuple(notes))


def _statements(script: Script) -> Script:
    """The text without breakpoints, each piece with a semicolon at its end."""
    return Script(script.path, b"".join(map(ended, _BREAK.split(script.source))))


TOOL = Tool(
    "drizzle",
    ("drizzle", "migrations", "src/db/migrations", "db/migrations"),
    (".sql", "_journal.json"),
    Registry(
        "__drizzle_migrations",
        "adopt_drizzle",
        frozenset({"id", "hash", "created_at"}),
        schema="drizzle",
    ),
    read,
)
