"""What another tool knows of its migrations, before any of it is ours."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from wishkit.core.script import Script

if TYPE_CHECKING:
    import re

    from wishkit.errors import Location

Row = Mapping[str, Any]
NO_TEXT = Script("", b"")


@dataclass(frozen=True, slots=True)
class Folder:
    """The files of another tool.

    Attributes:
        shown: the folder as the user would name it.
        files: by path below it, with ``/`` between the parts.
    """

    shown: str
    files: Mapping[str, Script]


@dataclass(frozen=True, slots=True)
class Trouble:
    """What only a person can decide, so that nothing is converted until somebody has.

    Attributes:
        message: what it is.
        where: the place in the other tool's file.
        help: what can be done.
    """

    message: str
    where: Location | None = None
    help: str | None = None


@dataclass(frozen=True, slots=True)
class Original:
    """One migration of the other tool.

    Attributes:
        name: what the other tool calls it; stands in the header of our file.
        title: words from which our name is made.
        forward: its text, with the other tool's own marks taken out and every line where it was.
        backward: the same for the way back; None if there is none.
        irreversible: why there is none.
        verify: what proves that it was done; None if there is nothing.
        transactional: what the other tool says; None where it says nothing.
        applied: by the other tool's ledger.
        variable: how a placeholder is written; its group is the placeholder's name.
        native: it is a pair of ours already, and stays as it is.
        troubles: why no pair can be made of it; a person may write that pair by hand.
    """

    name: str
    title: str
    forward: Script
    backward: Script | None = None
    irreversible: str = ""
    verify: Script | None = None
    transactional: bool | None = None
    applied: bool = False
    variable: re.Pattern[bytes] | None = None
    native: bool = False
    troubles: tuple[Trouble, ...] = ()


@dataclass(frozen=True, slots=True)
class History:
    """All migrations of the other tool, in its order.

    Attributes:
        originals: the migrations.
        troubles: what keeps all of it from being converted.
        notes: what is to be known besides.
    """

    originals: tuple[Original, ...]
    troubles: tuple[Trouble, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Registry:
    """The table in which another tool keeps what is applied.

    Attributes:
        table: its usual name.
        query: the question put to it, in postgres/queries.
        columns: those that it must have.
        lacks: those by which another tool's table of the same name is told.
        schema: where it is, if the tool has a schema of its own, in which all else is the tool's.
    """

    table: str
    query: str
    columns: frozenset[str]
    schema: str | None = None
    lacks: frozenset[str] = frozenset()

    def fits(self, columns: Collection[str]) -> bool:
        """Whether a table of these columns may be it."""
        return self.columns <= {*columns} and not self.lacks & {*columns}

    def ignore(self, schema: str, table: str) -> tuple[tuple[str, str], ...]:
        """Kind and name of what the tool made for itself, as ``[[drift.ignore]]`` names it."""
        if self.schema is None:
            return (("table", f"{schema}.{table}"),)
        return (("schema", schema), ("*", f"{schema}.*"))


@dataclass(frozen=True, slots=True)
class Command:
    """A program of the other tool that has to be run for its SQL.

    Attributes:
        arguments: behind the program's own name.
        into: the file of the `Folder` that its output becomes. When it fails, what it wrote until
            then becomes this name with a ``~`` behind it, and what it said of that one with a
            ``!``.
    """

    arguments: tuple[str, ...]
    into: str


@dataclass(frozen=True, slots=True)
class Tool:
    """Another migration tool.

    Attributes:
        name: as the command line names it.
        usual: folders where its files usually are, the first that exists is taken.
        suffixes: how the names of its files end.
        registry: its table; None if it keeps none.
        read: its history, from its files and the rows of its table; None: there is no such table.
        commands: what has to be run for more files, asked until there is nothing more.
        program: what runs these commands.
        home: the file in whose folder they are run, looked for from the tool's folder upwards.
        ours: its table is the one that wishkit goes on with, so whatever gets another name there
            is unmarked.
    """

    name: str
    usual: tuple[str, ...]
    suffixes: tuple[str, ...]
    registry: Registry | None
    read: Callable[[Folder, Sequence[Row] | None], History]
    commands: Callable[[Folder], tuple[Command, ...]] = field(default=lambda _: ())
    program: tuple[str, ...] = ()
    home: str = ""
    ours: bool = False
