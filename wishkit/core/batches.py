"""Group a script's statements into what is sent to the server in one message."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from wishkit.core.backfill import Backfill, backfill
from wishkit.core.locks import Effects, effects_in_order
from wishkit.core.refusals import refusal
from wishkit.core.script import MESSAGE_BYTES, Script
from wishkit.core.statements import Span, Statement, insert_target, parse, split
from wishkit.core.wants import Want, wants
from wishkit.errors import Location, MigrationFileError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from wishkit.core.header import Batched

# The parse tree of an INSERT of 2 MB has a million nodes: its rows, and nothing else.
UNDERSTOOD_BYTES = 64 * 1024

Kind = Literal["together", "alone", "copy", "autocommit", "backfill"]


@dataclass(frozen=True, slots=True)
class Batch:
    """Consecutive statements that need nothing between them.

    Attributes:
        first: 1-based index of the first statement in its script.
        spans: where the statements lie.
        kind: ``together``: quick ones in one message; ``alone``: one that may take long and is
            timed by itself; ``copy``: COPY … FROM stdin with its data; ``autocommit``: one that
            PostgreSQL refuses inside a transaction; ``backfill``: one that is run for a number of
            rows at a time.
        statement: parsed, when the batch is one statement and not a plain INSERT.
        effects: what that statement does, when it was parsed.
        wants: the locks of all its statements that would make others wait.
        backfill: how that statement runs for a number of rows at a time.
        writes: of those in one message: whether one of them says how many rows it wrote.
    """

    first: int
    spans: tuple[Span, ...]
    kind: Kind
    statement: Statement | None = None
    effects: Effects | None = None
    wants: tuple[Want, ...] = ()
    backfill: Backfill | None = None
    writes: bool = False

    @property
    def last(self) -> int:
        """1-based index of the last statement."""
        return self.first + len(self.spans) - 1

    @property
    def start(self) -> int:
        """Byte offset of the first statement."""
        return self.spans[0].start

    @property
    def end(self) -> int:
        """Byte offset behind the last statement, before its semicolon."""
        return self.spans[-1].end

    @property
    def sets_session(self) -> bool:
        """SET and RESET count for what follows, so they are run again when one is resumed."""
        return self.statement is not None and self.statement.node == "VariableSetStmt"

    @property
    def may_commit_itself(self) -> bool:
        """Whether it must be sent outside a transaction block, because it needs to commit."""
        if self.kind == "autocommit" or self.statement is None:
            return self.kind == "autocommit"
        node, fields = next(iter(self.statement.tree.items()))
        return node == "CallStmt" or (node == "DoStmt" and bool(_COMMITS.search(str(fields))))


# What a block has to say to end a transaction, itself or by what it calls or puts together.
_COMMITS = re.compile(r"\b(?:commit|rollback|call|execute)\b", re.IGNORECASE)


def batches(
    script: Script, *, transactional: bool, batched: Batched | None = None
) -> tuple[Batch, ...]:
    """Check a script and cut it into messages.

    Args:
        script: the text.
        transactional: whether it runs as one transaction. If not, every statement stands alone,
            because each is journalled by itself.
        batched: that it runs for a number of rows at a time.

    Raises:
        MigrationFileError: the text cannot work: see ``Script.check_text``, ``statements.split``,
            ``refusals.refusal`` and ``backfill``; or ``empty-migration``.
    """
    script.check_text()
    spans = split(script)
    if not spans:
        raise empty(script)
    result: list[Batch] = []
    group: list[Span] = []
    told: list[Effects] = []

    def close_group(index: int) -> None:
        if group:
            first, spans = index - len(group), tuple(group)
            # Of statements that are not parsed nothing is told: they are INSERTs.
            writes = len(told) < len(group) or any(_writes(it) for it in told)
            result.append(Batch(first, spans, "together", wants=wants(told), writes=writes))
            group.clear()
            told.clear()

    for index, span, statement, what in parsed(script, spans):
        if group and span.end - group[0].start > MESSAGE_BYTES:
            close_group(index)
        kind: Kind = "together"
        if statement and what:
            if error := refusal(statement, what, transactional=transactional):
                error.where = script.locate(span.start, span.end)
                raise error
            kind = _kind(span, what)
        if transactional and kind == "together":
            group.append(span)
            told.extend([what] if what else ())
            continue
        close_group(index)
        locks = wants([what]) if what else ()
        result.append(Batch(index, (span,), kind, statement, what, locks))
    close_group(len(spans) + 1)
    if batched:
        statements = [(span, batch.statement) for batch in result for span in batch.spans]
        how = backfill(script, statements, batched, transactional=transactional)
        result = [replace(result[0], kind="backfill", backfill=how)]
    return tuple(result)


def empty(script: Script) -> MigrationFileError:
    """The error for a text without a statement."""
    what_it_is = "holds only comments" if script.source.strip() else "is empty"
    return MigrationFileError(
        f"{script.path} {what_it_is}",
        code="empty-migration",
        where=Location(script.path, 1),
        help="was it saved? If it is meant to do nothing, say so: SELECT;",
    )


def parsed(
    script: Script, spans: list[Span]
) -> Iterator[tuple[int, Span, Statement, Effects] | tuple[int, Span, None, None]]:
    """Each statement with what it does; of INSERTs into the same columns only the first is parsed.

    A file of 100,000 rows would spend more time on being understood than on being run. For the
    same reason a long INSERT … VALUES is understood by its head alone.
    """
    inserts: set[bytes] = set()
    statements: list[Statement] = []

    def trees() -> Iterator[Mapping[str, Any]]:
        while True:
            yield statements[-1].tree

    told = effects_in_order(trees())
    for index, span in enumerate(spans, 1):
        insert = None if span.data else insert_target(script, span)
        if insert in inserts:
            yield index, span, None, None
            continue
        if insert:
            inserts.add(insert)
        if insert and span.end - span.start > UNDERSTOOD_BYTES:
            stand_in = Script(script.path, insert + b" (NULL)")
            short = parse(stand_in, Span(0, len(stand_in.source)), index=index)
            statements[:] = [replace(short, span=span)]
        else:
            statements[:] = [parse(script, span, index=index)]
        yield index, span, statements[-1], next(told)


def _writes(what: Effects) -> bool:
    return what.command in _WRITING


# Commands whose tag says how many rows they wrote.
_WRITING = frozenset({"INSERT", "UPDATE", "DELETE", "MERGE", "SELECT INTO", "CREATE TABLE AS"})


def _kind(span: Span, what: Effects) -> Kind:
    if span.data is not None:
        return "copy"
    if what.autocommit:
        return "autocommit"
    return "alone" if what.may_be_long else "together"
