"""Group a script's statements into what is sent to the server in one message."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from wishkit.core.locks import Effects, effects_in_order
from wishkit.core.statements import Span, Statement, insert_target, keyword, parse, split
from wishkit.errors import MigrationFileError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from wishkit.core.script import Script

# Round trips are what costs, so statements travel together; this many bytes at the most, so that
# memory stays flat and progress is seen.
MESSAGE_BYTES = 1024 * 1024

Kind = Literal["together", "alone", "copy", "autocommit"]


@dataclass(frozen=True, slots=True)
class Batch:
    """Consecutive statements that need nothing between them.

    Attributes:
        first: 1-based index of the first statement in its script.
        spans: where the statements lie.
        kind: ``together``: quick ones in one message; ``alone``: one that may take long and is
            timed by itself; ``copy``: COPY … FROM stdin with its data; ``autocommit``: one that
            PostgreSQL refuses inside a transaction.
        statement: parsed, when the batch is one statement and not a plain INSERT.
        effects: what that statement does, when it was parsed.
    """

    first: int
    spans: tuple[Span, ...]
    kind: Kind
    statement: Statement | None = None
    effects: Effects | None = None

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


def batches(script: Script, *, transactional: bool) -> tuple[Batch, ...]:
    """Check a script and cut it into messages.

    Args:
        script: the text.
        transactional: whether it runs as one transaction. If not, every statement stands alone,
            because each is journalled by itself.

    Raises:
        MigrationFileError: the text cannot work: not UTF-8, does not parse, is empty, holds
            transaction control, or holds a statement that PostgreSQL refuses in a transaction.
    """
    script.check_text()
    spans = split(script)
    if not spans:
        raise MigrationFileError(
            "the file holds no statement",
            code="empty-migration",
            where=script.locate(0),
            help="was it saved? If it is meant to do nothing, say so: DO $$ BEGIN END $$;",
        )
    result: list[Batch] = []
    group: list[Span] = []

    def close_group(index: int) -> None:
        if group:
            result.append(Batch(index - len(group), tuple(group), "together"))
            group.clear()

    for index, span, statement, what in parsed(script, spans):
        if group and span.end - group[0].start > MESSAGE_BYTES:
            close_group(index)
        kind: Kind | None = None
        if statement and what:
            kind = _kind(script, statement, what, transactional=transactional)
        if transactional and kind in {None, "together"}:
            group.append(span)
            continue
        close_group(index)
        result.append(Batch(index, (span,), kind or "together", statement, what))
    close_group(len(spans) + 1)
    return tuple(result)


def parsed(
    script: Script, spans: list[Span]
) -> Iterator[tuple[int, Span, Statement, Effects] | tuple[int, Span, None, None]]:
    """Each statement with what it does; of INSERTs into the same columns only the first is parsed.

    A file of 100,000 rows would spend more time on being understood than on being run.
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
        statements[:] = [parse(script, span, index=index)]
        yield index, span, statements[-1], next(told)


def _kind(script: Script, statement: Statement, what: Effects, *, transactional: bool) -> Kind:
    span = statement.span
    where = script.locate(span.start, span.end)
    word = keyword(script, span)
    if statement.node == "TransactionStmt" and not what.autocommit:
        raise MigrationFileError(
            f"{word} in a migration: wishkit owns the transaction",
            code="transaction-control",
            where=where,
            help="remove it: a file is one transaction with the ledger; what must not run in one "
            "goes into a file with `-- transactional: false`",
        )
    if _turns_off_standard_strings(statement):
        raise MigrationFileError(
            "standard_conforming_strings must stay on",
            code="nonstandard-strings",
            where=where,
            help="with it off, where a string ends depends on the session; write E'…' for "
            "strings with backslash escapes",
        )
    if what.autocommit and transactional:
        raise MigrationFileError(
            f"{what.command} cannot run inside a transaction",
            code="needs-autocommit",
            where=where,
            help="move it into a migration of its own that says `-- transactional: false`",
        )
    if statement.node == "CopyStmt" and span.data is None:
        fields = statement.tree["CopyStmt"]
        if "filename" not in fields:
            source = fields.get("is_from", False)
            raise MigrationFileError(
                f"COPY … {'FROM stdin' if source else 'TO stdout'} has nobody to talk to",
                code="copy-data",
                where=where,
                help="write its data behind it, closed by a line that holds only \\."
                if source
                else "a migration returns no data; use COPY … TO 'file' or psql",
            )
    if what.autocommit and "idxname" not in statement.tree.get("IndexStmt", {"idxname": ""}):
        raise MigrationFileError(
            "an index that is built CONCURRENTLY needs a name",
            code="unnamed-index",
            where=where,
            help="without one, nobody can tell after a crash whether it is there",
        )
    if span.data is not None:
        return "copy"
    if what.autocommit:
        return "autocommit"
    return "alone" if what.may_be_long else "together"


def _turns_off_standard_strings(statement: Statement) -> bool:
    fields = statement.tree.get("VariableSetStmt")
    if not fields or fields.get("name") != "standard_conforming_strings":
        return False
    if fields.get("kind") != "VAR_SET_VALUE":
        return False  # RESET and TO DEFAULT: wishkit's sessions start with it on
    value = fields["args"][0]["A_Const"]
    text = value.get("sval", {}).get("sval", "") or str(value.get("boolval", ""))
    return text.lower() not in {"on", "true", "yes", "1"}
