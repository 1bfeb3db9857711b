"""Sqitch: the changes of sqitch.plan, each with deploy, revert and verify.

Sources: https://sqitch.org/docs/manual/sqitchchanges/ and, of https://github.com/sqitchers/sqitch,
lib/App/Sqitch/Plan.pm (the plan), Plan/Change.pm (a change that was reworked is in NAME@TAG.sql, by
the first tag behind it; the hash of a script is SHA-1 of its bytes) and Engine/pg.sql (the
registry). The scripts are for psql: what is not SQL in them a person has to decide.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from wishkit.core.adoption.model import NO_TEXT, History, Original, Registry, Tool, Trouble
from wishkit.core.adoption.sections import has_sql
from wishkit.errors import Location

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wishkit.core.adoption.model import Folder, Row
    from wishkit.core.script import Script

_PRAGMA = re.compile(r"\s*%\s*(\S+?)\s*=\s*(.*?)\s*")
_LINE = re.compile(r"\s*([@+-]?)\s*([^\s@:#\[\]]+)\s*(?:\[[^\]]*\])?\s*\d{4}-\d\d-\d\dT.*")
_NOTE = re.compile(r"(?:^|\s)#.*$")
_SECTION = re.compile(r'\s*\[\s*([\w-]+)(?:\s+"([^"]+)")?\s*\]\s*')
_SETTING = re.compile(r"\s*([\w-]+)\s*=\s*(.*?)\s*")


@dataclass(slots=True)
class _Change:
    name: str
    line: int
    tags: list[str] = field(default_factory=list)  # behind it, up to the next change of this name
    reworked: bool = False


def read(folder: Folder, rows: Sequence[Row] | None) -> History:
    """The history of Sqitch."""
    settings = _settings(folder)
    plan_path = settings.get("plan_file") or _below(settings, "sqitch.plan")
    plan = folder.files.get(plan_path)
    if plan is None:
        return History((), (Trouble(f"there is no {plan_path} in {folder.shown}"),))
    project, changes, troubles = _plan(plan)
    ours = [row for row in rows or () if row["project"] == project]
    notes = []
    if others := sorted({str(row["project"]) for row in rows or ()} - {project}):
        notes.append(f"other projects are deployed here as well: {', '.join(others)}")
    deployed: dict[str, list[Row]] = {}
    for it in ours:
        deployed.setdefault(str(it["change"]), []).append(it)
    originals = []
    for change in changes:
        row = deployed[change.name].pop(0) if deployed.get(change.name) else None
        paths = {it: _path(settings, it, change) for it in ("deploy", "revert", "verify")}
        script, revert, verify = (folder.files.get(it) for it in paths.values())
        if script is None:
            where = plan.locate(_line_start(plan, change.line))
            trouble = Trouble(f"there is no {paths['deploy']}", where)
            there = row is not None
            originals.append(
                Original(change.name, change.name, NO_TEXT, applied=there, troubles=(trouble,))
            )
            continue
        if row and row["script_hash"] not in {None, _sha(script)}:
            notes.append(
                f"{paths['deploy']} is not what was deployed: its SHA-1 is {_sha(script)[:12]}…, "
                f"by the registry {row['script_hash'][:12]}…"
            )
        originals.append(
            Original(
                f"{change.name}{'@' + change.tags[0] if change.reworked else ''}",
                change.name.replace("/", " "),
                script,
                revert if has_sql(revert) or not has_sql(script) else None,
                f"there is nothing in {paths['revert']}",
                verify if has_sql(verify) else None,
                applied=row is not None,
            )
        )
    troubles += [
        Trouble(f"{name} is deployed, but not in {plan_path}; Sqitch keeps no text")
        for name, left in sorted(deployed.items())
        if left
    ]
    return History(tuple(originals), tuple(troubles), tuple(notes))


def _sha(script: Script) -> str:
    return hashlib.sha1(script.source).hexdigest()  # noqa: S324 - the tool's own


def _plan(plan: Script) -> tuple[str, list[_Change], list[Trouble]]:
    """The project's name and its changes, in order."""
    project, changes, troubles = "", list[_Change](), list[Trouble]()
    for number, text in enumerate(plan.source.decode(errors="replace").splitlines(), 1):
        line = _NOTE.sub("", text)
        if not line.strip():
            continue
        if pragma := _PRAGMA.fullmatch(line):
            project = pragma[2] if pragma[1] == "project" else project
        elif found := _LINE.fullmatch(line):
            sign, name = found.groups()
            if sign == "@":
                for change in changes:
                    change.tags += [] if change.reworked else [name]
                continue
            for earlier in changes:
                earlier.reworked |= earlier.name == name and bool(earlier.tags)
            changes.append(_Change(name, number))
        elif not line.lstrip().startswith("%"):
            where = Location(plan.path, number, text=text, length=max(1, len(text)))
            troubles.append(Trouble("this line of the plan cannot be understood", where))
    return project, changes, troubles


def _line_start(plan: Script, number: int) -> int:
    return sum(len(it) for it in plan.source.splitlines(keepends=True)[: number - 1])


def _settings(folder: Folder) -> dict[str, str]:
    """Where things are, by sqitch.conf: those of the engine before those of all."""
    found: dict[str, dict[str, str]] = {"core": {}, "pg": {}}
    section = ""
    conf = folder.files.get("sqitch.conf")
    for line in conf.source.decode(errors="replace").splitlines() if conf else ():
        if head := _SECTION.fullmatch(line):
            section = "pg" if head.groups() == ("engine", "pg") else head[1] if not head[2] else ""
        elif (setting := _SETTING.fullmatch(line)) and section in found:
            found[section][setting[1]] = setting[2].strip('"')
    return {**found["core"], **found["pg"]}


def _below(settings: dict[str, str], name: str) -> str:
    top = settings.get("top_dir", ".").strip("/").removeprefix("./")
    return name if top in {"", "."} else f"{top}/{name}"


def _path(settings: dict[str, str], kind: str, change: _Change) -> str:
    """The file of a change; of one that was reworked later, the one that it was then."""
    plain = settings.get(f"{kind}_dir") or _below(settings, kind)
    at = ""
    if change.reworked:
        reworked = settings.get("reworked_dir")
        plain = settings.get(f"reworked_{kind}_dir") or (
            f"{reworked}/{kind}" if reworked else plain
        )
        at = f"@{change.tags[0]}"
    return f"{plain}/{change.name}{at}.{settings.get('extension', 'sql')}"


TOOL = Tool(
    "sqitch",
    (".", "db", "database", "sqitch"),
    (".sql", "sqitch.plan", "sqitch.conf"),
    Registry(
        "changes",
        "adopt_sqitch",
        frozenset({"change_id", "script_hash", "change", "project", "committed_at"}),
        schema="sqitch",
    ),
    read,
)
