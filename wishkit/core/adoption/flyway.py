"""Flyway: ``V1__create_users.sql``, its ``U1__…`` and ``R__…``, and flyway_schema_history.

Sources: https://documentation.red-gate.com/fd/migrations-184127470.html (names, undo, repeatable
and baseline migrations, script configuration), …/flyway-schema-history-table-273973417.html, and of
flyway-core `ChecksumCalculator`: CRC-32 over the lines without their ends and without a byte order
mark, as a signed number.
"""

from __future__ import annotations

import re
import zlib
from typing import TYPE_CHECKING

from wishkit.core.adoption.model import NO_TEXT, History, Original, Registry, Tool, Trouble
from wishkit.core.adoption.sections import numbers
from wishkit.core.script import Script
from wishkit.errors import Location

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from wishkit.core.adoption.model import Folder, Row

_NAME = re.compile(r"(?:([VUB])(\d+(?:[._]\d+)*)(?:__(.+))?|(R)__(.+))\.sql")
_CALLBACK = re.compile(r"(?:before|after)[A-Z]\w*(?:__.+)?\.sql")
_CONF = re.compile(rb"^\s*executeInTransaction\s*=\s*false\s*$", re.MULTILINE)
_PLACEHOLDER = re.compile(rb"\$\{([\w.:-]+)\}")
_ENDS = re.compile(rb"\r\n|\r|\n")
_SCHEMA = "<< Flyway Schema Creation >>"


def checksum(source: bytes) -> int:
    """What Flyway keeps of a text."""
    value = zlib.crc32(b"".join(_ENDS.split(source)))
    return value - (1 << 32) if value >= 1 << 31 else value


def read(folder: Folder, rows: Sequence[Row] | None) -> History:
    """The history of Flyway."""
    return _Reading(folder, rows or ()).history()


class _Reading:
    def __init__(self, folder: Folder, rows: Sequence[Row]) -> None:
        self.folder = folder
        self.rows = rows
        self.troubles: list[Trouble] = []
        self.notes: list[str] = []
        self.versioned: dict[tuple[int, ...], tuple[str, str]] = {}
        self.undo: dict[tuple[int, ...], Script] = {}
        self.repeatable: dict[str, str] = {}
        self.baselines: dict[tuple[int, ...], tuple[str, str]] = {}

    def history(self) -> History:
        self._sort_files()
        last = self._last_rows()
        applied = {v for v, row in last.items() if row["type"] != "DELETE"}
        floor = max((v for v, row in last.items() if "BASELINE" in row["type"]), default=None)
        originals = [*self._schemas()]
        versions = sorted({*self.versioned, *applied})
        for version in versions:
            row = last.get(version)
            below = floor is not None and version <= floor
            if version not in self.versioned:
                originals += self._missing(version, row)
                continue
            originals.append(self._versioned(version, row, below=below))
        if floor is not None:
            at = ".".join(map(str, floor))
            self.notes.append(
                f"Flyway's history begins at version {at}: what is numbered up to there counts as "
                "applied"
            )
        originals += self._repeatables()
        return History(tuple(originals), tuple(self.troubles), tuple(self.notes))

    def _sort_files(self) -> None:
        for path in sorted(self.folder.files):
            name = path.rsplit("/", 1)[-1]
            if not name.endswith(".sql"):
                continue
            found = _NAME.fullmatch(name)
            if not found:
                what = "a callback" if _CALLBACK.fullmatch(name) else "no migration by its name"
                self.notes.append(f"left out: {path} is {what}")
                continue
            kind, version, title, repeatable, description = found.groups()
            if repeatable:
                self.repeatable[description] = path
                continue
            key = numbers(version)
            if kind == "U":
                self.undo[key] = self.folder.files[path]
            elif kind == "B":
                self.baselines[key] = (path, title or f"version {version}")
                self.notes.append(f"left out: {path} is a baseline migration; history has it all")
            elif key in self.versioned:
                where = Location(self.folder.files[path].path, 1)
                message = f"version {version} is used twice: {self.versioned[key][0]} and {path}"
                self.troubles.append(Trouble(message, where))
            else:
                self.versioned[key] = (path, title or f"version {version}")

    def _last_rows(self) -> Mapping[tuple[int, ...], Row]:
        """The last word of the history on each version that is applied; refused if it failed."""
        last: dict[tuple[int, ...], Row] = {}
        for row in self.rows:
            if not row["success"]:
                self.troubles.append(
                    Trouble(
                        f"{row['script']} failed half-way, by Flyway's history",
                        help="see to the database, then: flyway repair",
                    )
                )
            elif row["version"] is not None:
                key = numbers(row["version"])
                if row["type"].startswith("UNDO") or row["type"] == "DELETE":
                    last.pop(key, None)
                else:
                    last[key] = row
        return last

    def _missing(self, version: tuple[int, ...], row: Row | None) -> list[Original]:
        """What is applied without a file."""
        if row is None or "BASELINE" in row["type"]:
            if row is not None and version not in self.baselines:
                self.notes.append(
                    f"version {row['version']} is where Flyway was told that the history begins "
                    "(flyway baseline); what was there before has no file"
                )
            return []
        kind = "" if row["type"] == "SQL" else f", a migration of type {row['type']}"
        trouble = Trouble(
            f"version {row['version']} is applied ({row['script']}{kind}), but its SQL file is not "
            "there",
            help="put it back, or write its pair by hand",
        )
        title = row["description"] or f"version {row['version']}"
        return [Original(row["script"], title, NO_TEXT, applied=True, troubles=(trouble,))]

    def _versioned(self, version: tuple[int, ...], row: Row | None, *, below: bool) -> Original:
        path, title = self.versioned[version]
        script = self.folder.files[path]
        kept = row["checksum"] if row is not None and row["type"] == "SQL" else None
        if kept not in {None, checksum(script.source)}:
            self.notes.append(
                f"{path} is not what was applied: its checksum is {checksum(script.source)}, by "
                f"Flyway's history {kept}"
            )
        return Original(
            path,
            title,
            script,
            self.undo.get(version),
            f"Flyway has no undo migration for {path.rsplit('/', 1)[-1]}",
            transactional=self._transactional(path),
            applied=row is not None or below,
            variable=_PLACEHOLDER,
        )

    def _repeatables(self) -> list[Original]:
        """They come last, as they do in Flyway; from now on, each change of one is a migration."""
        last = {row["script"].rsplit("/", 1)[-1]: row for row in self.rows if not row["version"]}
        found = []
        for _, path in sorted(self.repeatable.items()):
            script = self.folder.files[path]
            name = path.rsplit("/", 1)[-1]
            row = last.get(name)
            troubles = []
            if row is not None and row["checksum"] != checksum(script.source):
                troubles.append(
                    Trouble(
                        f"{path} has changed since it was applied, and Flyway would run it again",
                        Location(script.path, 1),
                        "flyway migrate first, or take the change back and write it as a migration "
                        "afterwards",
                    )
                )
            found.append(
                Original(
                    path,
                    name[3:-4],
                    script,
                    irreversible="what a repeatable migration replaces is not written down",
                    transactional=self._transactional(path),
                    applied=row is not None,
                    variable=_PLACEHOLDER,
                    troubles=tuple(troubles),
                )
            )
        if found:
            self.notes.append(
                "repeatable migrations come last, once; from now on each change of them is a "
                "migration of its own"
            )
        return found

    def _schemas(self) -> list[Original]:
        """Schemas that Flyway made before the first migration."""
        found = []
        for row in self.rows:
            if row["type"] == "SCHEMA" and row["description"] == _SCHEMA:
                names = [it.strip().strip('"') for it in row["script"].split(",")]
                quoted = [f'"{it}"' for it in names if it]
                text = "".join(f"CREATE SCHEMA IF NOT EXISTS {it};\n" for it in quoted)
                found.append(
                    Original(
                        f"{_SCHEMA} {', '.join(quoted)}",
                        f"create schema {' '.join(names)}",
                        Script("flyway_schema_history", text.encode()),
                        irreversible="Flyway's own table lies in it",
                        applied=True,
                    )
                )
        return found

    def _transactional(self, path: str) -> bool | None:
        conf = self.folder.files.get(f"{path}.conf")
        return False if conf is not None and _CONF.search(conf.source) else None


TOOL = Tool(
    "flyway",
    ("src/main/resources/db/migration", "db/migration", "migrations", "sql"),
    (".sql", ".sql.conf"),
    Registry(
        "flyway_schema_history",
        "adopt_flyway",
        frozenset({"installed_rank", "version", "type", "script", "checksum", "success"}),
    ),
    read,
)
