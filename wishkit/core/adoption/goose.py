"""goose: ``00001_create_users.sql`` with ``-- +goose Up`` and ``-- +goose Down``.

Sources: https://pressly.github.io/goose/documentation/annotations/ and, of
https://github.com/pressly/goose, internal/sqlparser/parser.go (marks stand at the beginning of a
line, in any case; what stands between StatementBegin and StatementEnd is sent as one statement,
with a semicolon or without) and internal/dialect (goose_db_version). Older releases wrote a row
for each way back, newer ones delete: the last row of a version counts.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from wishkit.core.adoption.model import NO_TEXT, History, Original, Registry, Tool, Trouble
from wishkit.core.adoption.sections import ended, has_sql, lines
from wishkit.core.script import Script
from wishkit.errors import Location

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wishkit.core.adoption.model import Folder, Row

_NAME = re.compile(r"(\d+)_(.*)\.(sql|go)")
_MARK = re.compile(rb"--[ \t]*\+goose[ \t]+(.+?)\s*", re.IGNORECASE)
_VARIABLE = re.compile(rb"\$\{?([A-Za-z_]\w*)(?:[:=+?%#/,^-][^}]*)?\}?")
_BEGINNING = 0  # goose's own row, for a database on which nothing is applied


def read(folder: Folder, rows: Sequence[Row] | None) -> History:
    """The history of goose."""
    last = {int(row["version_id"]): bool(row["is_applied"]) for row in rows or ()}
    applied = {version for version, is_applied in last.items() if is_applied} - {_BEGINNING}
    troubles, notes, found = [], [], {}
    for path in sorted(folder.files):
        name = _NAME.fullmatch(path)
        if not name or path.endswith("_test.go"):
            notes.append(f"left out: {path} is no migration by its name")
            continue
        where = Location(folder.files[path].path, 1)
        version = int(name[1])
        if version in found:
            troubles.append(Trouble(f"version {version} is used twice", where))
        elif name[3] == "go":
            go = Trouble(f"{path} is written in Go, and wishkit runs plain SQL", where)
            there = version in applied
            found[version] = Original(path, name[2], NO_TEXT, applied=there, troubles=(go,))
        else:
            there = version in applied
            found[version] = _original(path, name[2], folder.files[path], applied=there)
    known = {int(it[1]) for path in folder.files if (it := _NAME.fullmatch(path))}
    troubles += [
        Trouble(f"version {it} is applied, but its file is not there; goose keeps no text")
        for it in sorted(applied - known)
    ]
    originals = tuple(it for _, it in sorted(found.items()))
    return History(originals, tuple(troubles), tuple(notes))


def _original(path: str, title: str, script: Script, *, applied: bool) -> Original:
    parts = _Parts(script)
    parts.read()
    up, down = (Script(script.path, bytes(it)) for it in (parts.up, parts.down))
    return Original(
        path,
        title,
        up,
        down if has_sql(down) or not has_sql(up) else None,
        "its `-- +goose Down` is empty",
        transactional=False if parts.no_transaction else None,
        applied=applied,
        variable=_VARIABLE if parts.variables else None,
        troubles=tuple(parts.troubles),
    )


class _Parts:
    """Both directions of a file: each line in one of them, an empty one in the other."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.up = bytearray()
        self.down = bytearray()
        self.no_transaction = False
        self.variables = False
        self.troubles: list[Trouble] = []
        self._side: bytearray | None = None
        self._piece: bytearray | None = None
        self._begun = 0

    def read(self) -> None:
        for start, end, line in lines(self.script):
            mark = _MARK.fullmatch(line.rstrip())
            if mark:
                self._mark(mark[1].lower().decode(errors="replace"), start, end)
                self._write(b"\n")
            elif self._piece is not None:
                self._piece += line
            elif self._side is not None:
                self._write(line)
            else:
                self._write(b"\n")
        if self._piece is not None:
            self._refuse("StatementBegin has no StatementEnd", self._begun)
        if self._side is None:
            self._refuse("there is no line `-- +goose Up`, so goose would not run it either", 0)

    def _write(self, line: bytes) -> None:
        """Into the direction that is being read; the other one keeps its count of lines."""
        if self._piece is not None:
            self._piece += line
            return
        for side in (self.up, self.down):
            side.extend(line if side is self._side else b"\n" * line.count(b"\n"))

    def _mark(self, word: str, start: int, end: int) -> None:
        if word == "up":
            self._side = self.up
        elif word == "down":
            self._side = self.down
        elif word == "no transaction":
            self.no_transaction = True
        elif word in {"envsub on", "envsubst on"}:
            self.variables = True
        elif word in {"envsub off", "envsubst off"}:
            pass
        elif word == "statementbegin":
            self._begun = start
            self._piece = bytearray()
        elif word == "statementend" and self._piece is not None:
            piece, self._piece = ended(bytes(self._piece)), None
            self._write(piece)
        else:
            self._refuse(f"`-- +goose {word}` is nothing that goose knows here", start, end)

    def _refuse(self, message: str, start: int, end: int | None = None) -> None:
        self.troubles.append(Trouble(message, self.script.locate(start, end)))


TOOL = Tool(
    "goose",
    ("migrations", "db/migrations", "sql/migrations"),
    (".sql", ".go"),
    Registry(
        "goose_db_version", "adopt_goose", frozenset({"id", "version_id", "is_applied", "tstamp"})
    ),
    read,
)
