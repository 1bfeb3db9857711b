"""An UPDATE or DELETE that is run in batches: restricted to one range of keys after the other.

A message to the server is called a batch in this package (``core.batches``); so the rows of one
batch of a backfill are a *portion* here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from wishkit.core.locks.tree import nodes
from wishkit.core.statements import tokens
from wishkit.errors import MigrationFileError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from wishkit.core.header import Batched
    from wishkit.core.script import Script
    from wishkit.core.statements import Span, Statement

AIM = 0.05  # seconds for which a portion should hold the locks of its rows
_DIRECTIVE = re.compile(rb"^[ \t]*--[ \t]*(batch)[ \t]*:", re.MULTILINE)
_EXAMPLE = """for example:
-- batch: id 1000
-- transactional: false

UPDATE wishlist_items SET currency = 'USD' WHERE currency IS NULL;"""


@dataclass(frozen=True, slots=True)
class Backfill:
    """A statement, cut where a condition on its key has to stand.

    Attributes:
        key: the column whose values tell one portion from the next; unquoted.
        rows: how many rows a portion has at most.
        table: the statement's target, every part quoted.
        only: whether it leaves out what inherits from its target.
        deletes: whether the rows it has done are gone.
        column: the key as the statement has to call it, every part quoted.
        head: the statement up to its own condition, or up to where there is none.
        condition: its own condition, if it has one.
        tail: what stands behind.
    """

    key: str
    rows: int
    table: str
    only: bool
    deletes: bool
    column: str
    head: str
    condition: str | None
    tail: str

    @property
    def text(self) -> str:
        """What the journal knows it by: which rows are done depends on the key as well."""
        return f"-- batch: {_quoted(self.key)}\n{self.head}{self.condition or ''}{self.tail}"

    @property
    def target(self) -> str:
        """The relation to read keys from, as it stands behind FROM."""
        return f"ONLY {self.table}" if self.only else self.table

    def restricted(self, bounds: str) -> str:
        """The statement for the rows that fulfil a further condition."""
        if self.condition is None:
            return f"{self.head} WHERE {bounds} {self.tail}"
        return f"{self.head}({self.condition}) AND {bounds} {self.tail}"

    def unrestricted(self, position: int) -> int | None:
        """Where a character of the restricted statement stands in the file's; None: nowhere.

        Both are counted from 0.
        """
        if position < len(self.head):
            return position
        position -= 1  # the parenthesis
        if self.condition is not None and position < len(self.head) + len(self.condition):
            return position
        return None

    def same_rows(self, other: Backfill) -> bool:
        """Whether the two go over the same rows by the same key."""
        return (self.key, self.table, self.only) == (other.key, other.table, other.only)


@dataclass(slots=True)
class Pace:
    """How many rows the next portion has.

    As many as take ``AIM``, as far as that can be told from the last one; but not less than a tenth
    of what the file asks for, because most of a small portion's time is not spent on its rows.
    Where clients had to wait, half as many, down to a single row; then slowly more again.

    Attributes:
        most: what the file asks for.
        rows: of the next portion.
    """

    most: int
    rows: int = 0

    def __post_init__(self) -> None:
        self.rows = self.rows or self._least

    @property
    def _least(self) -> int:
        return max(1, self.most // 10)

    def took(self, seconds: float) -> None:
        """A portion of this many rows was done in so many seconds."""
        fitting = max(self._least, int(self.rows * AIM / max(seconds, 1e-6)))
        self.rows = min(self.most, self.rows + self.rows // 4 + 1, fitting)

    def disturbed(self) -> None:
        """Clients waited for a portion, or it for them."""
        self.rows = max(1, self.rows // 2)


def backfill(
    script: Script,
    statements: Sequence[tuple[Span, Statement | None]],
    batched: Batched,
    *,
    transactional: bool,
) -> Backfill:
    """Check that a script can run in batches, and find out how.

    Args:
        script: the text.
        statements: all of it.
        batched: what its header says.
        transactional: whether it is said to run as one transaction.

    Raises:
        MigrationFileError: ``batch-transactional`` or ``batch-statement``.
    """
    if transactional:
        directive = _DIRECTIVE.search(script.source)
        raise MigrationFileError(
            "what runs in batches cannot be one transaction",
            code="batch-transactional",
            where=script.locate(*directive.span(1)) if directive else script.locate(0),
            help="add to its header: -- transactional: false",
        )
    span, statement = statements[0]
    problem = _problem(statement, batched.key)
    if statements[1:]:
        span, problem = statements[1][0], "a file that runs in batches holds one statement"
    if problem:
        raise MigrationFileError(
            problem,
            code="batch-statement",
            where=script.locate(span.start, span.end),
            help=_EXAMPLE,
        )
    fields = statement.tree[statement.node] if statement else {}
    relation = fields["relation"]
    name = [relation[part] for part in ("schemaname", "relname") if part in relation]
    alias = [relation["alias"]["aliasname"]] if "alias" in relation else name
    head, condition, tail = _cut(script.source[span.start : span.end])
    return Backfill(
        batched.key,
        batched.rows,
        ".".join(map(_quoted, name)),
        only=not relation.get("inh", False),
        deletes=statement is not None and statement.node == "DeleteStmt",
        column=".".join(map(_quoted, [*alias, batched.key])),
        head=head,
        condition=condition,
        tail=tail,
    )


def _problem(statement: Statement | None, key: str) -> str | None:
    """Why a statement cannot run in batches."""
    if statement is None or statement.node not in {"UpdateStmt", "DeleteStmt"}:
        return "only an UPDATE or a DELETE runs in batches"
    fields: Mapping[str, Any] = statement.tree[statement.node]
    if key in {target["ResTarget"]["name"] for target in fields.get("targetList", ())}:
        return f'the key "{key}" is set: rows would move to another batch, or be passed over'
    if "CurrentOfExpr" in fields.get("whereClause", {}):
        return "WHERE CURRENT OF is about a single row"
    writing = ("InsertStmt", "UpdateStmt", "DeleteStmt", "MergeStmt")
    if any(next(nodes(fields.get("withClause"), kind), None) for kind in writing):
        return "what its WITH writes would be written again by every batch"
    return None


def _cut(sql: bytes) -> tuple[str, str | None, str]:
    """A statement before, in, and behind the condition of its WHERE.

    WHERE and RETURNING are reserved words: outside parentheses, where they do not follow a dot or
    AS, they are the statement's own (manual, appendix C).
    """
    depth, before, where = 0, b"", False
    begin = end = 0  # of the condition
    for start, stop in tokens(sql):
        word = sql[start:stop].upper()
        depth += (word in _OPENING) - (word in _CLOSING)
        own = depth == 0 and before not in {b".", b"AS"}
        if own and word == b"RETURNING":
            break
        if own and word == b"WHERE":
            where = True
        elif where and not begin:
            begin = start
        end, before = stop, word
    if not where:
        return sql[:end].decode(), None, sql[end:].decode()
    return sql[:begin].decode(), sql[begin:end].decode(), sql[end:].decode()


_OPENING = {b"(", b"["}
_CLOSING = {b")", b"]"}


def _quoted(identifier: str) -> str:
    return '"' + identifier.replace('"', '""') + '"'
