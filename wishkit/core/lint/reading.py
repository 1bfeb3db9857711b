"""A file as lint reads it: parsed once, with all that is wrong in it, not only the first."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

from wishkit.core.backfill import backfill
from wishkit.core.batches import empty, parsed
from wishkit.core.hazards.parts import Stated
from wishkit.core.header import Header, parse_header
from wishkit.core.refusals import refusal
from wishkit.core.script import Script
from wishkit.core.statements import split
from wishkit.errors import Location, MigrationFileError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from wishkit.core.locks import ObjectRef
    from wishkit.core.locks.model import Name
    from wishkit.core.migration import Direction, Migration
    from wishkit.core.statements import Span, Statement

_SLIPS = 20  # as many are looked for in one header


@dataclass(frozen=True, slots=True)
class Told(Stated):
    """A statement that was understood.

    Attributes:
        statement: the same, as the parser gave it.
    """

    statement: Statement

    @property
    def where(self) -> Location:
        """Its place."""
        return self.script.locate(self.span.start, self.span.end)

    @property
    def text(self) -> str:
        """As it stands in the file, without its semicolon."""
        return self.script.source[self.span.start : self.span.end].decode()


@dataclass(frozen=True)
class File:
    """One text of a migration.

    Attributes:
        id: of the migration.
        direction: which way.
        script: the text.
        header: what of it was understood.
        transactional: whether it runs as one transaction.
        statements: in order; of INSERTs into the same columns only the first.
        problems: what wishkit would refuse it for.
    """

    id: str
    direction: Direction
    script: Script
    header: Header
    transactional: bool
    statements: tuple[Told, ...]
    problems: tuple[MigrationFileError, ...]

    @property
    def forward(self) -> bool:
        """Whether it is the forward file."""
        return self.direction == "forward"

    @property
    def top(self) -> Location:
        """Its first line."""
        return replace(self.script.locate(0), length=1)

    @cached_property
    def made(self) -> tuple[tuple[Told, ObjectRef], ...]:
        """What it creates and does not drop again, with the statement that does."""
        last = {
            (ref.kind, ref.schema, ref.name, ref.column): it.statement.index
            for it in self.statements
            for ref in it.effects.drops
        }
        return tuple(
            (it, ref)
            for it in self.statements
            for ref in it.effects.creates
            if last.get((ref.kind, ref.schema, ref.name, ref.column), 0) <= it.statement.index
        )


@dataclass(frozen=True)
class Pair:
    """A migration, both ways.

    Attributes:
        migration: its files.
        forward: the forward file.
        backward: the backward file, where there is one.
    """

    migration: Migration
    forward: File
    backward: File | None

    @property
    def id(self) -> str:
        """The migration's id."""
        return self.migration.id

    @property
    def files(self) -> tuple[File, ...]:
        """Both files."""
        return (self.forward,) if self.backward is None else (self.forward, self.backward)


@dataclass(frozen=True, slots=True)
class Around:
    """What a file cannot tell by itself.

    Attributes:
        fresh: relations that nobody can be using yet: made by the same migration, or by another
            one that is new as well.
        ids: all that may be depended on.
        attached: names of indexes that are, or become, part of another one, with its name.
        partitioned: names of indexes of partitioned tables.
        version: major version of the target server; None where it is not known.
    """

    fresh: frozenset[Name] = frozenset()
    ids: frozenset[str] = frozenset()
    attached: Mapping[str, str] = field(default_factory=dict)
    partitioned: frozenset[str] = frozenset()
    version: int | None = None


def read(migration: Migration) -> Pair:
    """Parse a migration, and note down whatever is wrong with it."""
    forward = _file(migration, migration.forward, "forward", otherwise=True)
    backward = None
    if migration.backward is not None:
        backward = _file(migration, migration.backward, "backward", otherwise=forward.transactional)
    return Pair(migration, forward, backward)


def _file(migration: Migration, script: Script, direction: Direction, *, otherwise: bool) -> File:
    problems: list[MigrationFileError] = []
    statements: list[Told] = []
    header, transactional = Header(), otherwise
    try:
        script.check_text()
    except MigrationFileError as error:
        problems.append(error)
    else:
        header = _header(script, problems, backward=direction == "backward")
        if header.transactional is not None:
            transactional = header.transactional
        statements += _statements(script, problems, header, transactional=transactional)
    return File(
        migration.id,
        direction,
        script,
        header,
        transactional,
        tuple(statements),
        tuple(problems),
    )


def _header(script: Script, problems: list[MigrationFileError], *, backward: bool) -> Header:
    """The header, line by line: one that is not understood is taken out, and the rest read."""
    source = script.source
    for _ in range(_SLIPS):
        try:
            return parse_header(Script(script.path, source), backward=backward)
        except MigrationFileError as error:
            if error.where is None:
                raise
            start = _line_start(source, error.where.line)
            end = source.find(b"\n", start)
            end = len(source) if end < 0 else end
            problems.append(_shown_whole(error, script, error.where))
            # As prose, so that no offset changes and nothing below it counts as the summary.
            source = source[:start] + b"--".ljust(end - start) + source[end:]
    return Header()


def _shown_whole(error: MigrationFileError, script: Script, where: Location) -> MigrationFileError:
    """An error found in an altered copy of a text, with the line as it is in the text."""
    start = _line_start(script.source, where.line)
    text = script.locate(start).text
    error.where = replace(where, text=text)
    return error


def _line_start(source: bytes, line: int) -> int:
    start = 0
    for _ in range(line - 1):
        start = source.find(b"\n", start) + 1
    return start


def _statements(
    script: Script,
    problems: list[MigrationFileError],
    header: Header,
    *,
    transactional: bool,
) -> Iterator[Told]:
    try:
        spans = split(script)
    except MigrationFileError as error:
        problems.append(error)
        return
    if not spans:
        problems.append(empty(script))
        return
    told: list[tuple[Span, Statement | None]] = []
    line, counted = 1, 0
    for _, span, statement, what in parsed(script, spans):
        told.append((span, statement))
        if statement is None or what is None:
            continue
        line += script.source.count(b"\n", counted, span.start)
        counted = span.start
        if refused := refusal(statement, what, transactional=transactional):
            refused.where = script.locate(span.start, span.end)
            problems.append(refused)
        yield Told(script, span, statement.tree, what, line, statement)
    if header.batch:
        try:
            backfill(script, told, header.batch, transactional=transactional)
        except MigrationFileError as error:
            problems.append(error)


def gathered(pairs: Iterable[Pair]) -> Around:
    """What all files together tell about indexes of partitioned tables."""
    attached: dict[str, str] = {}
    partitioned: set[str] = set()
    parents: set[str] = set()
    for pair in pairs:
        for it in pair.forward.statements:
            if (create := it.tree.get("CreateStmt")) and "partspec" in create:
                parents.add(create["relation"]["relname"])
            if index := it.tree.get("IndexStmt"):
                relation = index["relation"]
                if "idxname" in index and (
                    not relation.get("inh", False) or relation["relname"] in parents
                ):
                    partitioned.add(index["idxname"])
            if alter := it.tree.get("AlterTableStmt"):
                for item in alter["cmds"]:
                    command = item["AlterTableCmd"]
                    if command["subtype"] == "AT_AttachPartition":
                        child = command["def"]["PartitionCmd"]["name"]["relname"]
                        attached[child] = alter["relation"]["relname"]
    return Around(attached=attached, partitioned=frozenset(partitioned))
