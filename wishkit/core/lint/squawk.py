"""What squawk says, in our words: a second opinion on the forward files.

https://squawkhq.com knows one file at a time. Where we ask the same question we know more: what
the files before have made, which column a validated CHECK proves. So its rule gives way to ours.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from wishkit.core.lint.exceptions import SQUAWK
from wishkit.core.lint.model import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from wishkit.core.lint.reading import File

# Its rules that ask what a rule of ours asks.
OURS = {
    "adding-field-with-default": "volatile-default",
    "adding-foreign-key-constraint": "foreign-key-validates",
    "adding-not-nullable-field": "set-not-null",
    "adding-required-field": "required-column",
    "adding-serial-primary-key-field": "unique-without-index",
    "ban-concurrent-index-creation-in-transaction": "needs-autocommit",
    "ban-drop-column": "drop-column",
    "ban-drop-schema": "drop-schema",
    "ban-drop-table": "drop-table",
    "ban-drop-type": "drop-type",
    "ban-uncommitted-transaction": "transaction-control",
    "changing-column-type": "column-type-change",
    "constraint-missing-not-valid": "check-validates",
    "disallowed-unique-constraint": "unique-without-index",
    "prefer-repack": "table-rewrite",
    "renaming-column": "rename-column",
    "renaming-table": "rename-table",
    "require-concurrent-index-creation": "index-not-concurrent",
    "require-concurrent-index-deletion": "index-drop-blocks",
    "require-concurrent-reindex": "full-scan",
    "syntax-error": "syntax",
    "transaction-nesting": "transaction-control",
}
# Its rules that are not asked, and why.
NOT_ASKED = {
    "ban-drop-constraint": "a constraint is dropped at once and no data is lost; the safe way to "
    "SET NOT NULL ends with it",
    "prefer-bigint-over-int": "a count of pieces is an integer; which numbers grow is not to be "
    "told from a type",
    "prefer-bigint-over-smallint": "the same",
    "prefer-robust-stmts": "a migration that fails is rolled back, so that nothing is there "
    "already; and IF NOT EXISTS takes an INVALID index, or another table of the name, for done",
    "prefer-timestamp-tz": "timestamp in UTC is a choice that a house makes once",
    "require-lock-timeout": "patience sets it for every attempt",
    "require-statement-timeout": "patience watches who waits, which a timeout does not",
    "require-table-schema": "search_path is that of the session, and SET search_path is a finding",
    "require-timeout-settings": "patience sets them",
    "unused-ignore": "exceptions are written as -- allow:",
}


@dataclass(frozen=True, slots=True)
class Opinion:
    """One finding of squawk, as its JSON reporter has it.

    Attributes:
        file: the path that it was given.
        line: counted from 0.
        column: bytes before it in its line.
        message: what it says.
        help: what it says to do.
        rule_name: its own name of the rule.
        line_end: where the place ends; counted from 0.
        column_end: bytes before that in its line.
    """

    file: str
    line: int
    column: int
    message: str
    rule_name: str
    line_end: int
    column_end: int
    help: str | None = None


def second_opinion(opinions: Sequence[Opinion], files: Mapping[str, File]) -> Iterator[Finding]:
    """Those that we do not know ourselves, as findings.

    Args:
        opinions: what it said.
        files: those it was shown, by name.
    """
    for it in opinions:
        file = files.get(it.file.rsplit("/", 1)[-1])
        if file is None or it.rule_name in OURS or it.rule_name in NOT_ASKED:
            continue
        begin = _line_start(file.script.source, it.line)
        start = begin + it.column
        end = begin + it.column_end if it.line_end == it.line else len(file.script.source)
        yield Finding(
            SQUAWK + it.rule_name,
            "warning",
            it.message[:1].lower() + it.message[1:].rstrip("."),
            file.script.locate(start, end),
            it.help,
            file.id,
        )


def _line_start(source: bytes, line: int) -> int:
    start = 0
    for _ in range(line):
        start = source.find(b"\n", start) + 1
    return start
