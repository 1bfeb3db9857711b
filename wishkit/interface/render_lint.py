"""Findings as a person reads them: file by file, each with its line, and what they come to."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from wishkit.interface.errors import block, told
from wishkit.interface.output import answer, count, folded, styled, width
from wishkit.interface.report.sheet import Case, Sheet

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import TextIO

    from wishkit.commands.lint import Lint, Rules
    from wishkit.core.lint.model import Finding
    from wishkit.interface.errors import Pieces
    from wishkit.interface.report.sheet import Outcome

_STYLES = {"error": "bold red", "warning": "bold"}
_PAGE = "docs/rules.md"


def lint_text(result: Lint, stream: TextIO) -> Iterator[str]:
    """All that was found, line by line, in colour where the stream is read in colour."""
    columns = width(stream)
    for finding in result.findings:
        for line in _finding(finding, columns):
            yield "".join(styled(text, style, stream) for text, style in line)
        yield ""
    yield from folded(verdict(result), columns, 0)


def _finding(finding: Finding, columns: int | None) -> Iterator[Pieces]:
    label = f"{finding.severity}[{finding.rule}]:"
    yield from told(label, _STYLES[finding.severity], finding.message, finding.where, columns)
    if finding.help:
        yield from block("help", finding.help, None)  # SQL in it is there to be copied


def verdict(result: Lint) -> str:
    """What it comes to, in a line."""
    errors = sum(it.severity == "error" for it in result.findings)
    warnings = len(result.findings) - errors
    among = count(len(result.files), "file")
    if result.compared_with:
        among += f" that {' and '.join(result.compared_with)} does not have"
    numbers = ((errors, "error"), (warnings, "warning"))
    said = [count(number, noun) for number, noun in numbers if number]
    text = f"{among}: {' and '.join(said) or 'nothing to find fault with'}"
    if result.allowed:
        text += f"; {count(len(result.allowed), 'exception')} allowed"
    return text


def lint_sheet(result: Lint) -> Sheet:
    """The same for reports: a case for each finding, and one for each file without any."""
    cases = [
        *(_case(it, "failed" if result.fails(it) else "warned") for it in result.findings),
        *(_case(it, "excused") for it in result.allowed),
    ]
    busy = {case.group for case in cases}
    cases += [Case(path, "lint", "passed") for path in result.files if path not in busy]
    return Sheet(
        "lint",
        tuple(cases),
        {rule.name: rule.summary for rule in result.rules},
        {rule.name: f"{_PAGE}#{rule.name}" for rule in result.rules},
    )


def _case(finding: Finding, outcome: Outcome) -> Case:
    return Case(
        finding.where.path,
        finding.rule,
        outcome,
        finding.message,
        finding.help,
        finding.where,
        finding.allowed,
    )


def render_rules(listed: Rules) -> None:
    """Every rule, its severity, and what breaks it."""
    from wishkit.interface.table import table  # noqa: PLC0415 - not for a run

    rows = [(it.name, "refused" if it.refused else it.severity, it.summary) for it in listed.rules]
    for line in table(("rule", "", "what breaks it"), rows, width=width(sys.stdout)):
        answer(line)
    answer("")
    answer(f"each with its remedy: {_PAGE}; refused: migrate does not run it, nobody can allow it")
