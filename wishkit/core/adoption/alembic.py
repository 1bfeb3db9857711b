"""Alembic: what its revisions are as SQL, by ``alembic upgrade --sql`` in the user's own Python.

Source: https://alembic.sqlalchemy.org/en/latest/offline.html. The revisions and their order stand
in versions/*.py, which are read and not run; each part of Alembic's output begins with a line
``-- Running upgrade A -> B``. alembic_version holds the heads that are applied, and with them
everything they come from.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING

from wishkit.core.adoption.model import NO_TEXT, Command, History, Original, Registry, Tool, Trouble
from wishkit.core.adoption.sections import has_sql, section
from wishkit.core.script import Script
from wishkit.core.statements import keyword, split
from wishkit.errors import Location, MigrationFileError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from wishkit.core.adoption.model import Folder, Row

_RUNNING = re.compile(rb"^-- Running (?:upgrade|downgrade) (.*?) -> (.*?)[ \t]*$", re.MULTILINE)
_TABLE = re.compile(
    rb"^(?:CREATE TABLE|INSERT INTO) ((?:\"[^\"]+\"|[\w.])+) \(\s*version_num\b", re.MULTILINE
)
_DIRECTIONS = ("upgrade", "downgrade")
_OWN = frozenset({"INSERT", "UPDATE", "DELETE", "CREATE", "DROP"})
_CONTROL = frozenset({"BEGIN", "COMMIT"})


@dataclass(frozen=True, slots=True)
class _Revision:
    id: str
    parents: tuple[str, ...]
    needs: tuple[str, ...]
    title: str
    path: str
    where: Location


def read(folder: Folder, rows: Sequence[Row] | None) -> History:
    """The history of Alembic."""
    revisions, troubles = _revisions(folder)
    order = _order(revisions)
    if order is None:
        return History((), (*troubles, Trouble("the revisions depend on each other in a circle")))
    outputs = _outputs(folder, "upgrade")
    if outputs and not any(it.marks for it in outputs):
        trouble = Trouble(
            f"Alembic does not run here: {_why(folder, 'upgrade', '')}",
            help="--with says how it is called; it has to write SQL by itself: "
            "alembic upgrade base:heads --sql",
        )
        return History((), (*troubles, trouble))
    applied, lost = _applied(revisions, [str(row["version_num"]) for row in rows or ()])
    troubles += [
        Trouble(f"revision {it} is applied, but its file is not there; Alembic keeps no text")
        for it in lost
    ]
    texts = {it: _texts(folder, it) for it in _DIRECTIONS}
    originals = []
    for id_ in order:
        revision = revisions[id_]
        up, down = (texts[it].get(id_) for it in _DIRECTIONS)
        if up is None:
            why = _why(folder, "upgrade", id_)
            trouble = Trouble(
                f"Alembic cannot write revision {id_} as SQL: {why}",
                revision.where,
                "if it asks the database while it runs, write its pair by hand",
            )
            there = id_ in applied
            title = revision.title or id_
            originals.append(
                Original(revision.path, title, NO_TEXT, applied=there, troubles=(trouble,))
            )
            continue
        why = "" if down else _why(folder, "downgrade", id_)
        back = down if down and (has_sql(down[0]) or not has_sql(up[0])) else None
        originals.append(
            Original(
                revision.path,
                revision.title or id_,
                up[0],
                back[0] if back else None,
                "its downgrade does nothing" if down else f"its downgrade writes no SQL: {why}",
                transactional=False if up[1] or (back and back[1]) else None,
                applied=id_ in applied,
            )
        )
    return History(tuple(originals), tuple(troubles))


def commands(folder: Folder) -> tuple[Command, ...]:
    """All at once; where a revision fails, what comes behind it is asked for by itself."""
    revisions, _ = _revisions(folder)
    order = _order(revisions) or []
    heads = sorted(revisions.keys() - {it for r in revisions.values() for it in r.parents})
    if not heads:
        return ()
    wanted = [Command(("upgrade", "base:heads", "--sql"), "upgrade")]
    if not heads[1:]:  # of several heads each way back is another
        wanted.append(Command(("downgrade", f"{heads[0]}:base", "--sql"), "downgrade"))
    if missing := tuple(it for it in wanted if not _asked(folder, it.into)):
        return missing
    for direction, ids in (("upgrade", order), ("downgrade", order[::-1])):
        outputs = _outputs(folder, direction)
        if outputs and not any(it.marks for it in outputs):
            continue  # it does not run at all
        known = {it for output in outputs for it in (*output.whole(), output.failed)}
        for id_ in ids:
            if id_ not in known and not _asked(folder, f"{direction}/{id_}"):
                before = next(iter(revisions[id_].parents), "base")
                span = f"{before}:heads" if direction == "upgrade" else f"{id_}:base"
                return (Command((direction, span, "--sql"), f"{direction}/{id_}"),)
    return ()


def _asked(folder: Folder, name: str) -> bool:
    return name in folder.files or f"{name}!" in folder.files


@dataclass(frozen=True, slots=True)
class _Output:
    """What Alembic wrote, all of it or until it failed."""

    direction: str
    script: Script
    said: Script | None

    @property
    def marks(self) -> list[tuple[str, int, int]]:
        """Each revision with where its SQL begins and ends."""
        found = [*_RUNNING.finditer(self.script.source)]
        ends = [it.start() for it in found[1:]] + [len(self.script.source)]
        group = 2 if self.direction == "upgrade" else 1
        return [
            (mark[group].decode(errors="replace").strip(), mark.end(), end)
            for mark, end in zip(found, ends, strict=False)
        ]

    @property
    def failed(self) -> str | None:
        """The revision at which it failed."""
        return self.marks[-1][0] if self.said and self.marks else None

    def whole(self) -> dict[str, Script]:
        """The SQL of each revision that is all there."""
        marks = self.marks[:-1] if self.said else self.marks
        return {id_: section(self.script, start, end) for id_, start, end in marks}


def _outputs(folder: Folder, direction: str) -> list[_Output]:
    found = []
    for name, script in folder.files.items():
        if name.split("/")[0] in {direction, f"{direction}~"} and not name.endswith(("!", ".py")):
            said = folder.files.get(name.removesuffix("~") + "!") if name.endswith("~") else None
            found.append(_Output(direction, script, said))
    return found


def _revisions(folder: Folder) -> tuple[dict[str, _Revision], list[Trouble]]:
    """What the files in versions/ say of themselves; nothing of them is run."""
    found: dict[str, _Revision] = {}
    troubles = []
    for path, script in sorted(folder.files.items()):
        if not path.endswith(".py"):
            continue
        try:
            tree = ast.parse(script.source)
        except SyntaxError as error:
            troubles.append(
                Trouble(f"{path}: {error.msg}", Location(script.path, error.lineno or 1))
            )
            continue
        told = _assigned(tree)
        if not isinstance(told.get("revision"), str):
            continue
        id_ = str(told["revision"])
        where = Location(script.path, 1)
        if id_ in found:
            troubles.append(Trouble(f"revision {id_} is there twice", where))
        title = (ast.get_docstring(tree) or "").strip().partition("\n")[0].strip()
        parents, needs = _ids(told.get("down_revision")), _ids(told.get("depends_on"))
        found[id_] = _Revision(id_, parents, needs, title, path, where)
    for revision in found.values():
        troubles += [
            Trouble(f"{revision.path} comes after {it}, which is not there", revision.where)
            for it in revision.parents
            if it not in found
        ]
    return found, troubles


def _assigned(tree: ast.Module) -> dict[str, object]:
    """The names of the module that are given a literal."""
    found: dict[str, object] = {}
    for node in tree.body:
        targets = node.targets if isinstance(node, ast.Assign) else []
        targets = [node.target] if isinstance(node, ast.AnnAssign) else targets
        value = node.value if isinstance(node, ast.Assign | ast.AnnAssign) else None
        for target in targets:
            if isinstance(target, ast.Name) and value is not None:
                try:
                    found[target.id] = ast.literal_eval(value)
                except ValueError:
                    continue
    return found


def _ids(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    return tuple(map(str, value)) if isinstance(value, tuple | list) else ()


def _order(revisions: Mapping[str, _Revision]) -> list[str] | None:
    """What others come from first; otherwise as their ids are sorted. None: there is a circle."""
    graph: TopologicalSorter[str] = TopologicalSorter()
    for id_, revision in revisions.items():
        graph.add(id_, *(it for it in (*revision.parents, *revision.needs) if it in revisions))
    try:
        graph.prepare()
    except CycleError:
        return None
    order: list[str] = []
    ready: list[str] = []
    while graph.is_active():
        ready = sorted([*ready, *graph.get_ready()])
        order.append(ready.pop(0))
        graph.done(order[-1])
    return order


def _applied(
    revisions: Mapping[str, _Revision], heads: Sequence[str]
) -> tuple[frozenset[str], list[str]]:
    """All that the heads come from, and heads that nobody knows."""
    applied: set[str] = set()
    todo = [it for it in heads if it in revisions]
    while todo:
        id_ = todo.pop()
        if id_ not in applied and id_ in revisions:
            applied.add(id_)
            todo += [*revisions[id_].parents, *revisions[id_].needs]
    return frozenset(applied), [it for it in heads if it not in revisions]


def _texts(folder: Folder, direction: str) -> dict[str, tuple[Script, bool]]:
    """The SQL of each revision, and whether some of it ran outside a transaction."""
    tables = [it for script in folder.files.values() if (it := _TABLE.search(script.source))]
    table = tables[0][1] if tables else b"alembic_version"
    return {
        id_: _own(part, table)
        for output in _outputs(folder, direction)
        for id_, part in output.whole().items()
    }


def _why(folder: Folder, direction: str, id_: str) -> str:
    """The last line of what Alembic said when it failed at a revision."""
    outputs = [it for it in _outputs(folder, direction) if it.said]
    at = [it for it in outputs if it.failed == id_] or outputs
    told = at[0].said.source.decode(errors="replace").split("\n") if at and at[0].said else []
    return next((it.strip() for it in reversed(told) if it.strip()), "it says nothing of it")


def _own(part: Script, table: bytes) -> tuple[Script, bool]:
    """A revision's SQL without Alembic's own statements."""
    try:
        spans = split(part)
    except MigrationFileError:
        return part, False  # it is told when it is converted
    text = bytearray(part.source)
    kept = outside = closed = False
    for span in spans:
        word = keyword(part, span)
        end = part.source.find(b";", span.end) + 1 or span.end
        piece = part.source[span.start : span.end]
        if word in _CONTROL:
            closed = word == "COMMIT"
        elif not (word in _OWN and re.search(rb"\b" + re.escape(table) + rb"\b", piece)):
            kept = True
            outside |= closed
            continue
        text[span.start : end] = b" " * (end - span.start)
    return Script(part.path, bytes(text) if kept else b"\n" * part.source.count(b"\n")), outside


TOOL = Tool(
    "alembic",
    ("alembic", "migrations", "."),
    (".py",),
    Registry("alembic_version", "adopt_alembic", frozenset({"version_num"})),
    read,
    commands,
    ("alembic",),
    "alembic.ini",
)
