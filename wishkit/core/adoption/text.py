"""SQL as another tool ran it, made into SQL that wishkit runs: what cannot be is told."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from wishkit.core.adoption.model import Trouble
from wishkit.core.batches import parsed
from wishkit.core.refusals import refusal
from wishkit.core.script import Script
from wishkit.core.statements import split
from wishkit.errors import MigrationFileError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from wishkit.core.statements import Span, Statement

_MANY = 20  # mistakes of one file that are told
_EMPTY = re.compile(rb"\n(?:[ \t]*\n){2,}")
_BEGIN = {"TRANS_STMT_BEGIN", "TRANS_STMT_START"}
_END = "TRANS_STMT_COMMIT"
_BACK = "TRANS_STMT_ROLLBACK"
_SETTINGS = {"VariableSetStmt"}


@dataclass(frozen=True, slots=True)
class Text:
    """One direction of a migration.

    Attributes:
        sql: without empty lines around it; ends with a line feed.
        empty: there is no statement in it.
        alone: it cannot, or shall not, run as one transaction.
        several: it held more than one transaction.
        troubles: what only a person can decide.
    """

    sql: bytes
    empty: bool = False
    alone: bool = False
    several: bool = False
    troubles: tuple[Trouble, ...] = ()


def convert(
    script: Script,
    *,
    variable: re.Pattern[bytes] | None,
    values: Mapping[str, str],
    verify: bool = False,
) -> Text:
    """Make one direction ours.

    Args:
        script: the text, every line where it is in the other tool's file.
        variable: how a placeholder is written, if there can be any.
        values: what placeholders stand for.
        verify: it is rolled back at its end, as it will be by wishkit.
    """
    try:
        script.check_text()
    except MigrationFileError as error:
        return Text(b"", troubles=(_trouble(error),))
    script, unknown = _filled(script, variable, values)
    if unknown:  # what they stand for decides what the rest is
        return Text(b"", troubles=tuple(unknown))
    spans, mistakes = _spans(script)
    if mistakes:
        return Text(b"", troubles=tuple(mistakes))
    return _Reading(script, spans, verify=verify).text()


def _filled(
    script: Script, variable: re.Pattern[bytes] | None, values: Mapping[str, str]
) -> tuple[Script, list[Trouble]]:
    """The text with what its placeholders stand for, and those of which nobody said it."""
    if variable is None:
        return script, []
    unknown = []

    def value(found: re.Match[bytes]) -> bytes:
        name = found[1].decode(errors="replace")
        if name in values:
            return values[name].encode()
        where = script.locate(*found.span())
        message = f"{found[0].decode(errors='replace')} is a placeholder"
        unknown.append(Trouble(message, where, f"say what it stands for: --set {name}=…"))
        return found[0]

    return Script(script.path, variable.sub(value, script.source)), unknown[:_MANY]


def _spans(script: Script) -> tuple[list[Span], list[Trouble]]:
    """The statements, or all lines that keep them from being found."""
    mistakes: list[Trouble] = []
    while len(mistakes) < _MANY:
        try:
            spans = split(script)
        except MigrationFileError as error:
            mistakes.append(_trouble(error))
            if error.code != "psql-command" or error.where is None:
                break
            rows = script.source.split(b"\n")
            rows[error.where.line - 1] = b""  # look on behind it
            script = Script(script.path, b"\n".join(rows))
        else:
            return ([] if mistakes else spans), mistakes
    return [], mistakes


def _trouble(error: MigrationFileError) -> Trouble:
    return Trouble(error.message, error.where, error.help)


Control = Literal["begin", "commit", "rollback"]


class _Reading:
    """One pass over the statements."""

    def __init__(self, script: Script, spans: Sequence[Span], *, verify: bool) -> None:
        self.script = script
        self.spans = spans
        self.verify = verify
        self.controls: list[tuple[int, Span, Control]] = []
        self.plain: list[int] = []  # statements that do something
        self.alone = False
        self.troubles: list[Trouble] = []

    def text(self) -> Text:
        for index, span, statement, what in parsed(self.script, [*self.spans]):
            if statement is None or what is None:
                self.plain.append(index)
                continue
            if statement.node == "TransactionStmt" and not what.autocommit:
                self._control(index, span, statement)
                continue
            if statement.node not in _SETTINGS:
                self.plain.append(index)
            error = refusal(statement, what, transactional=True)
            if error and error.code == "needs-autocommit":
                self.alone = True
            elif error:
                where = self.script.locate(span.start, span.end)
                self.troubles.append(Trouble(error.message, where, error.help))
        several = self._judge()
        sql = self._cut()
        count = len(self.spans) - len(self.controls)
        return Text(sql, not count, self.alone or several, several, tuple(self.troubles))

    def _control(self, index: int, span: Span, statement: Statement) -> None:
        """BEGIN and COMMIT are wishkit's own business; anything else is a person's."""
        told = statement.tree["TransactionStmt"]
        kind, chained = told.get("kind", "TRANS_STMT_BEGIN"), told.get("chain", False)
        if kind in _BEGIN:
            self.controls.append((index, span, "begin"))
        elif kind == _END and not chained:
            self.controls.append((index, span, "commit"))
        elif kind == _BACK and not chained and self.verify:
            self.controls.append((index, span, "rollback"))
        else:
            self.troubles.append(
                Trouble(
                    "a migration does not go back within itself",
                    self.script.locate(span.start, span.end),
                    "remove it with what it undoes; the whole file is one transaction",
                )
            )

    def _judge(self) -> bool:
        """Whether the text is more than one transaction; a trouble where none can be told."""
        kinds = [it for _, _, it in self.controls]
        if not kinds:
            return False
        pairs = list(zip(kinds[::2], kinds[1::2], strict=False))
        if len(kinds) % 2 or any(one != "begin" or two == "begin" for one, two in pairs):
            _, span, _ = self.controls[-1]
            where = self.script.locate(span.start, span.end)
            message = "BEGIN and COMMIT do not belong together here"
            self.troubles.append(Trouble(message, where, "remove what has no counterpart"))
            return False
        first, last = self.controls[0][0], self.controls[-1][0]
        outside = [it for it in self.plain if it < first or it > last]
        return bool(pairs[1:] or outside) and not self.verify

    def _cut(self) -> bytes:
        """The text without BEGIN and COMMIT; nothing between statements is longer than a line."""
        source = self.script.source
        dropped = {span for _, span, _ in self.controls}
        parts, gap, at = [], b"", 0
        starts = [span.start for span in self.spans[1:]] + [len(source)]
        for span, limit in zip(self.spans, starts, strict=False):
            gap += source[at : span.start]
            at = self._end(span, limit)
            if span not in dropped:
                parts += [_EMPTY.sub(b"\n\n", gap), source[span.start : at]]
                gap = b""
        text = b"".join((*parts, _EMPTY.sub(b"\n\n", gap + source[at:])))
        return text.strip() + b"\n"

    def _end(self, span: Span, limit: int) -> int:
        """Behind a statement's semicolon, or behind its data."""
        source = self.script.source
        if span.data:
            return source.find(b"\n", span.data[1]) + 1 or len(source)
        return source.find(b";", span.end, limit) + 1 or span.end
