"""Take over a database from another migration tool: its files, and what is applied of them."""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from wishkit.commands.adoption.carry_out import carry_out
from wishkit.commands.adoption.proof import Live, prove
from wishkit.commands.adoption.result import (
    NOTHING_CHANGED,
    Adoption,
    Taken,
    Undecided,
    toml,
)
from wishkit.commands.adoption.sources import folder_of, read_files
from wishkit.commands.workspace import shown
from wishkit.core.adoption.convert import convert
from wishkit.core.adoption.registry import tool_named
from wishkit.errors import ConsentNeeded, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from wishkit.commands.workspace import Workspace
    from wishkit.core.adoption.convert import Conversion, Converted
    from wishkit.core.adoption.model import Folder, History, Tool
    from wishkit.core.migration import Migration
    from wishkit.postgres.adoption import Found


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be taken over.

    Attributes:
        tool: name of the other tool.
        folder: of its files; None: the usual one.
        ledger: its own table, where it has not the usual name.
        applied_to: the last file that is applied, for a folder without a ledger.
        values: what placeholders stand for.
        program: how the other tool is called, where it has to be run.
    """

    tool: str
    folder: str | None = None
    ledger: str | None = None
    applied_to: str | None = None
    values: Mapping[str, str] = field(default_factory=dict)
    program: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Prepared:
    """All that it takes to do it.

    Attributes:
        adoption: what is to be shown before.
        wish: what was asked for.
        tool: the other tool.
        found: its table, as it was read.
        conversion: its migrations as ours.
    """

    adoption: Adoption
    wish: Wish
    tool: Tool
    found: Found | None
    conversion: Conversion


def prepare(workspace: Workspace, wish: Wish) -> Prepared:
    """Read, convert and prove; changes nothing.

    Args:
        workspace: project and database.
        wish: what is to be taken over.

    Raises:
        UsageError: ``unknown-tool``, ``foreign-folder``, ``foreign-command``, ``not-applied-to``,
            ``own-folder``, ``already-adopted``.
        LedgerError: ``foreign-ledger``.
        CompareError: it cannot be found out what the migrations make.
        WishkitError: configuration, files, connection or ledger cannot be read.
    """
    tool = tool_named(wish.tool)
    path = folder_of(tool, wish.folder)
    existing = _existing(workspace, tool, path)
    files = read_files(tool, path, wish.program)
    with live(workspace) as place:
        found = _find(place, tool, wish)
        history = _history(tool, files, found, wish)
        conversion = convert(history, tool.name, existing, wish.values)
        if conversion.pairs and not tool.ours:
            _refuse_foreign(place, conversion)
        reading = _Reading(workspace, tool, files, place, found, conversion)
        adoption = reading.planned()
        if adoption.outcome == "planned":
            adoption = reading.proven(adoption)
    return Prepared(adoption, wish, tool, found, conversion)


def adopt(workspace: Workspace, prepared: Prepared) -> Adoption:
    """Do it: put the files in place, and record what is applied.

    Args:
        workspace: as for `prepare`.
        prepared: what it said, with the outcome ``planned``.

    Raises:
        ConsentNeeded: ``changed-meanwhile``: the other tool has done something since.
        WishkitError: files or ledger cannot be written; nothing was changed.
    """
    tool, conversion = prepared.tool, prepared.conversion
    with live(workspace) as place:
        if _find(place, tool, prepared.wish) != prepared.found:
            raise ConsentNeeded(
                f"{tool.name} has changed its ledger since this was planned",
                code="changed-meanwhile",
                help="look at the plan again",
                state=NOTHING_CHANGED,
            )
        gone = [it.original.name for it in conversion.pairs if _renamed(it, tool)]
    files: dict[str, bytes] = {}
    for pair in conversion.pairs:
        files |= {} if pair.kept else pair.files
    applied = [it.id for it in conversion.pairs if it.original.applied]
    return carry_out(
        workspace, prepared.adoption, files, applied, gone, reason=f"adopted from {tool.name}"
    )


def _renamed(pair: Converted, tool: Tool) -> bool:
    return tool.ours and pair.original.applied and pair.id != pair.original.name


@contextmanager
def live(workspace: Workspace) -> Iterator[Live]:
    """The database, with what wishkit knows of it; for as long as there is a connection."""
    with workspace.connect("adopt", writes=False) as (connection, target, server):
        from wishkit.postgres.ledger import read_ledger  # noqa: PLC0415 - heavy

        yield Live(connection, target, server, read_ledger(connection))


def _existing(workspace: Workspace, tool: Tool, path: Path) -> Sequence[Migration]:
    """What is in sql/migrations already."""
    own = workspace.folder
    if not own.is_dir():
        return ()
    if path.resolve() == own.resolve() and not tool.ours:
        raise UsageError(
            f"{shown(path)} is where wishkit's own files go",
            code="own-folder",
            help=f"move those of {tool.name} somewhere else first, or name another folder with "
            "`sql = …` in wishkit.toml",
            state=NOTHING_CHANGED,
        )
    return workspace.migrations()


def _find(live: Live, tool: Tool, wish: Wish) -> Found | None:
    from wishkit.postgres.adoption import find  # noqa: PLC0415 - heavy

    return find(live.connection, tool.registry, wish.ledger) if tool.registry else None


def _history(tool: Tool, files: Folder, found: Found | None, wish: Wish) -> History:
    history = tool.read(files, found.rows if found else None)
    if not history.originals and not history.troubles:
        raise UsageError(
            f"there is no migration of {tool.name} in {files.shown}",
            code="foreign-folder",
            help="\n".join(history.notes) or "name the folder of its files",
        )
    if wish.applied_to is None:
        return history
    if tool.registry is not None:
        raise UsageError(
            f"{tool.name} keeps a ledger of what is applied",
            code="not-applied-to",
            help="--applied-to is for --from sql, where nobody does",
        )
    last = _position(wish.applied_to, [it.name for it in history.originals])
    originals = tuple(
        replace(it, applied=index <= last) for index, it in enumerate(history.originals)
    )
    return replace(history, originals=originals)


def _position(reference: str, names: Sequence[str]) -> int:
    """Where the file is that was named whole or by its number; -1 for none."""
    if reference == "none":
        return -1
    wanted = reference.rsplit("/", 1)[-1].removesuffix(".sql")
    found = [
        index
        for index, name in enumerate(names)
        if (stem := name.rsplit("/", 1)[-1].removesuffix(".sql")) == wanted
        or (wanted.isdecimal() and int((re.findall(r"\d+", stem) or ["-1"])[0]) == int(wanted))
    ]
    if len(found) == 1:
        return found[0]
    raise UsageError(
        f'"{reference}" is none of the files' if not found else f'"{reference}" is several of them',
        code="not-applied-to",
        help=f"name one, the last that is applied: {', '.join(names[:3])}, …; or none",
    )


def _refuse_foreign(live: Live, conversion: Conversion) -> None:
    """A database that wishkit migrates already is not adopted once more."""
    known = {it.id for it in conversion.pairs} | {it.original.name for it in conversion.pairs}
    if strangers := [it.id for it in live.ledger.records if it.id not in known]:
        raise UsageError(
            f"this database is migrated by wishkit already: {strangers[0]} is applied, and is none "
            "of these",
            code="already-adopted",
            help="wishkit status shows what is applied",
            state=NOTHING_CHANGED,
        )


@dataclass(frozen=True, slots=True)
class _Reading:
    """What was read of the other tool and of the database."""

    workspace: Workspace
    tool: Tool
    files: Folder
    place: Live
    found: Found | None
    conversion: Conversion

    def planned(self) -> Adoption:
        """What would become of it."""
        tool, found, conversion, workspace = self.tool, self.found, self.conversion, self.workspace
        notes = list(conversion.notes)
        if tool.registry and found is None:
            notes.insert(0, f"there is no {tool.registry.table} here, so nothing is applied")
        known = {(it.kind, it.name) for it in workspace.config.ignore}
        troubles = tuple(Undecided(it.message, it.where, it.help) for it in conversion.troubles)
        return Adoption(
            self.place.name,
            tool.name,
            self.files.shown,
            found.name if found else None,
            shown(workspace.folder),
            "undecided" if troubles else "planned",
            tuple(self._taken(it) for it in conversion.pairs),
            troubles,
            tuple(notes),
            ignore="" if {*self._own()} <= known else toml(self._own(), tool.name),
            configuration=shown(workspace.config.path) if workspace.config.path else None,
            hints=tuple(self._ways_out()),
        )

    def proven(self, adoption: Adoption) -> Adoption:
        """The same, with what a comparison says."""
        files = {
            name: text
            for pair in self.conversion.pairs
            for name, text in pair.files.items()
            if not name.startswith("verify/")
        }
        applied = [it.id for it in self.conversion.pairs if it.original.applied]
        check = prove(self.workspace, self.place, files, applied, self._own())
        if not check.exit_status:
            return replace(adoption, check=check)
        hints = []
        found, registry = self.found, self.tool.registry
        if found and found.schema != "public" and registry and registry.schema is None:
            hints.append(
                f"the ledger of {self.tool.name} is in schema {found.schema}: if its migrations "
                "ran with that search_path, connect with it: "
                f"?options=-csearch_path%3D{found.schema}"
            )
        if not applied:
            hints.append("nothing counts as applied; is it the right database and ledger?")
        elif registry is None:
            hints.append("all files count as applied; if they are not: --applied-to FILE, or none")
        return replace(adoption, outcome="drift", check=check, hints=tuple(hints))

    def _own(self) -> tuple[tuple[str, str], ...]:
        """Kind and name of what the other tool made for itself."""
        found, registry = self.found, self.tool.registry
        if found is None or registry is None or self.tool.ours:
            return ()
        return registry.ignore(found.schema, found.table)

    def _taken(self, pair: Converted) -> Taken:
        verify = next((it for it in pair.files if it.startswith("verify/")), None)
        return Taken(
            pair.original.name,
            pair.id,
            pair.original.applied,
            "kept" if pair.kept else "new" if pair.files else "undecided",
            pair.transactional,
            pair.irreversible or None,
            shown(self.workspace.config.sql / verify) if verify else None,
        )

    def _ways_out(self) -> Iterator[str]:
        """How a person decides what has to be decided."""
        left = {it.where.path for it in self.conversion.troubles if it.where}
        for pair in self.conversion.pairs:
            if not pair.kept and (not pair.files or pair.original.forward.path in left):
                yield (
                    "what you write yourself is taken as it stands: put it into "
                    f"{shown(self.workspace.folder)}/{pair.id}.sql, with this line below its "
                    f"summary: -- converted from {self.tool.name}: {pair.original.name}"
                )
                return
