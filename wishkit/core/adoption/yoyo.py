"""yoyo: pairs like ours, in an order that their ``-- depends:`` may decide.

Source: https://ollycope.com/software/yoyo/latest/ ("Migration files"). Its ledger is the one that
wishkit goes on with, so nothing has to be marked; what gets another name is marked under it.
"""

from __future__ import annotations

import re
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING

from wishkit.core.adoption.model import History, Original, Registry, Tool, Trouble
from wishkit.core.adoption.sections import has_sql
from wishkit.core.migration import BACKWARD_SUFFIX, NAME
from wishkit.core.script import Script
from wishkit.errors import Location

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from wishkit.core.adoption.model import Folder, Row

_LEADING = re.compile(rb"(?:[ \t]*(?:--[^\n]*)?\n)*")
_DIRECTIVE = re.compile(rb"^[ \t]*--[ \t]*(depends|transactional):[ \t]*([^\n]*)$", re.MULTILINE)
_HOOK = re.compile(r"(?:pre|post)-(?:apply|rollback)(?:[-_.].*)?\.(?:sql|py)")
_NUMBERED = re.compile(r"^(?:\d+[-_])*(?:[A-Za-z0-9]{5}-)?")


def read(folder: Folder, rows: Sequence[Row] | None) -> History:
    """The history of yoyo."""
    applied = [str(row["migration_id"]) for row in rows or ()]
    troubles, notes = [], []
    scripts: dict[str, Script] = {}
    for path in sorted(folder.files):
        if "/" in path or path.endswith(BACKWARD_SUFFIX):
            continue
        if _HOOK.fullmatch(path):
            notes.append(f"left out: {path} is a hook")
        elif path.endswith(".py") and path != "__init__.py":
            troubles.append(
                Trouble(
                    f"{path} is a Python migration, and wishkit runs plain SQL",
                    Location(folder.files[path].path, 1),
                    "write it as a pair of .sql files of the same name: yoyo runs that as well",
                )
            )
        elif path.endswith(".sql"):
            scripts[path.removesuffix(".sql")] = folder.files[path]
    steps = {it.path.rsplit("/", 1)[-1].rsplit(".", 1)[0] for it in folder.files.values()}
    troubles += [
        Trouble(f"{it} is applied, but its file is not there; yoyo keeps no text")
        for it in sorted(set(applied) - steps)
    ]
    try:
        order = _order(scripts)
    except CycleError as error:
        around = " → ".join(map(str, error.args[1]))
        return History((), (*troubles, Trouble(f"migrations depend on each other: {around}")))
    numbers = [it[:4] for it in order]
    ours = all(map(NAME.fullmatch, order)) and len({*numbers}) == len(numbers)
    native = bool(order) and ours and order == sorted(order)
    originals = []
    for id_ in order:
        script, backward = scripts[id_], folder.files.get(id_ + BACKWARD_SUFFIX)
        told = _told(script)
        plain = script if native else _without_directives(script)
        originals.append(
            Original(
                id_,
                _NUMBERED.sub("", id_) or id_,
                plain,
                backward if native or has_sql(backward) or not has_sql(script) else None,
                f"there is no {id_}{BACKWARD_SUFFIX}",
                transactional=False if told.get("transactional", "").lower() == "false" else None,
                applied=id_ in applied,
                native=native,
            )
        )
    return History(tuple(originals), tuple(troubles), tuple(notes))


def _order(scripts: dict[str, Script]) -> list[str]:
    """What others depend on first; otherwise by name."""
    graph: TopologicalSorter[str] = TopologicalSorter()
    for id_, script in scripts.items():
        needed: Iterable[str] = _told(script).get("depends", "").split()
        graph.add(id_, *(it for it in needed if it in scripts))
    graph.prepare()
    order: list[str] = []
    ready: list[str] = []
    while graph.is_active():
        ready = sorted([*ready, *graph.get_ready()])
        order.append(ready.pop(0))
        graph.done(order[-1])
    return order


def _without_directives(script: Script) -> Script:
    leading = _LEADING.match(script.source)
    end = leading.end() if leading else 0
    head = _DIRECTIVE.sub(b"", script.source[:end])
    return Script(script.path, head + script.source[end:])


def _told(script: Script) -> dict[str, str]:
    """What a file says of itself in yoyo's words, among the comments at its beginning."""
    leading = _LEADING.match(script.source)
    found = _DIRECTIVE.findall(leading.group() if leading else b"")
    return {key.decode(): value.decode(errors="replace").strip() for key, value in found}


TOOL = Tool(
    "yoyo",
    ("migrations", "sql/migrations"),
    (".sql", ".py"),
    Registry(
        "_yoyo_migration",
        "adopt_yoyo",
        frozenset({"migration_hash", "migration_id", "applied_at_utc"}),
    ),
    read,
    ours=True,
)
