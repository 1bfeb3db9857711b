"""GitHub's annotations: lines that a workflow prints, and GitHub shows beside the code.

https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions: escapes are
those of actions/toolkit, packages/core/src/command.ts. GitHub shows ten a kind and step.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wishkit.interface.report.sheet import Case, Sheet


def github(sheet: Sheet) -> str:
    """A line for each case that has something to tell."""
    return "".join(f"{_annotation(case)}\n" for case in sheet.cases if case.told)


def _annotation(case: Case) -> str:
    kind = "error" if case.outcome == "failed" else "warning"
    properties = {"title": case.name}
    if case.where:
        properties = {
            "file": case.where.path,
            "line": str(case.where.line),
            "col": str(case.where.column),
            "endColumn": str(case.where.column + case.where.length),
            **properties,
        }
    given = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    text = "\n".join(filter(None, (case.message, case.help)))
    return f"::{kind} {given}::{_data(text)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
