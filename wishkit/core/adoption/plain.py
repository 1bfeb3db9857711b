"""A folder of numbered SQL files that nobody keeps a ledger of: ``sql``."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

from wishkit.core.adoption.model import History, Original, Tool, Trouble
from wishkit.core.adoption.sections import has_sql
from wishkit.errors import Location

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wishkit.core.adoption.model import Folder, Row

_NAME = re.compile(r"(?:.*/)?[A-Za-z]?(\d+(?:[._]\d+)*)[-_. ]*(.*?)", re.DOTALL)
_BACK = re.compile(r"(.*?)[-_.](?:down|rollback|undo|revert|back|backward)\.sql", re.IGNORECASE)
_FORWARD = re.compile(r"(.*?)(?:[-_.](?:up|forward|deploy))?\.sql", re.IGNORECASE)


def read(folder: Folder, rows: Sequence[Row] | None) -> History:
    """The files by their numbers; how far they are applied somebody has to say."""
    del rows
    forward: dict[str, str] = {}
    backward: dict[str, str] = {}
    notes, troubles, found = [], [], []
    for path in sorted(folder.files):
        if back := _BACK.fullmatch(path):
            backward[back[1]] = path
        elif there := _FORWARD.fullmatch(path):
            forward[there[1]] = path
    for stem, path in forward.items():
        name = _NAME.fullmatch(stem)
        if not name:
            notes.append(f"left out: {path} has no number, so its place is not known")
            continue
        script = folder.files[path]
        way_back = folder.files.get(backward.pop(stem, ""))
        found.append(
            (
                tuple(map(int, re.findall(r"\d+", name[1]))),
                Original(
                    path,
                    name[2] or f"step {name[1]}",
                    script,
                    way_back if has_sql(way_back) or not has_sql(script) else None,
                    f"there is no way back beside {path}",
                    applied=True,
                ),
            )
        )
    found.sort(key=lambda it: (it[0], it[1].name))
    for (number, one), (other, two) in pairwise(found):
        if number == other:
            message = f"{one.name} and {two.name} have the same number: which comes first?"
            troubles.append(Trouble(message, Location(two.forward.path, 1)))
    troubles += [
        Trouble(f"{path} has no forward file beside it", Location(folder.files[path].path, 1))
        for path in backward.values()
    ]
    return History(tuple(it for _, it in found), tuple(troubles), tuple(notes))


TOOL = Tool("sql", ("migrations", "sql", "db"), (".sql",), None, read)
