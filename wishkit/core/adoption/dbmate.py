"""dbmate: ``20240101120000_create_users.sql`` with ``-- migrate:up`` and ``-- migrate:down``.

Source: https://github.com/amacneil/dbmate (README, "Migration Options"; pkg/dbmate/migration.go for
the marks and what stands behind them). The version is what a name begins with, as far as it is
digits; schema_migrations holds those that are applied.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from wishkit.core.adoption.model import History, Original, Registry, Tool, Trouble
from wishkit.core.adoption.sections import has_sql, section
from wishkit.errors import Location

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wishkit.core.adoption.model import Folder, Row
    from wishkit.core.script import Script

_NAME = re.compile(r"(\d+)_?(.*)\.sql")
_MARK = re.compile(rb"^--[ \t]*migrate:(up|down)\b([^\n]*)(?:\n|\Z)", re.MULTILINE)
_OFF = re.compile(rb"\btransaction:false\b")


def read(folder: Folder, rows: Sequence[Row] | None) -> History:
    """The history of dbmate."""
    applied = {str(row["version"]) for row in rows or ()}
    originals, troubles, notes = [], [], []
    seen = set()
    for path in sorted(folder.files):
        found = _NAME.fullmatch(path)
        if not found:
            notes.append(f"left out: {path} is no migration by its name")
            continue
        version, title = found.groups()
        seen.add(version)
        script = folder.files[path]
        marks = {it[1]: it for it in reversed([*_MARK.finditer(script.source)])}
        if b"up" not in marks:
            trouble = Trouble(
                "there is no line `-- migrate:up`, so dbmate would not run it either",
                Location(script.path, 1),
            )
            there = version in applied
            originals.append(Original(path, title, script, applied=there, troubles=(trouble,)))
            continue
        up = _part(script, marks[b"up"], marks.get(b"down"))
        down = _part(script, marks[b"down"], marks[b"up"]) if b"down" in marks else None
        originals.append(
            Original(
                path,
                title or f"version {version}",
                up,
                down if has_sql(down) or not has_sql(up) else None,
                "its `-- migrate:down` is empty",
                transactional=False if _OFF.search(marks[b"up"][2]) else None,
                applied=version in applied,
            )
        )
    troubles += [
        Trouble(
            f"version {it} is applied, but its file is not there",
            help="put it back: dbmate keeps no text",
        )
        for it in sorted(applied - seen)
    ]
    return History(tuple(originals), tuple(troubles), tuple(notes))


def _part(script: Script, mark: re.Match[bytes], other: re.Match[bytes] | None) -> Script:
    """What stands behind a mark, up to the other one."""
    end = other.start() if other and other.start() > mark.start() else len(script.source)
    return section(script, mark.end(), end)


TOOL = Tool(
    "dbmate",
    ("db/migrations", "migrations"),
    (".sql",),
    Registry(
        "schema_migrations", "adopt_dbmate", frozenset({"version"}), lacks=frozenset({"dirty"})
    ),
    read,
)
