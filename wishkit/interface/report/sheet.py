"""What every report is made from: cases, each with its outcome."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from wishkit.errors import Location

# ``warned`` does not make the answer a no; ``excused`` would, if nobody had said why it may be so.
Outcome = Literal["passed", "warned", "failed", "excused", "skipped"]


@dataclass(frozen=True, slots=True)
class Case:
    """One thing that was looked at.

    Attributes:
        group: what it belongs to: a file, a migration.
        name: of the rule or the check.
        outcome: how it went.
        message: one sentence; empty where all is well.
        help: what to do, over several lines perhaps.
        where: the place.
        reason: why it is excused or was skipped.
        seconds: how long it took, where that is known.
    """

    group: str
    name: str
    outcome: Outcome
    message: str = ""
    help: str | None = None
    where: Location | None = None
    reason: str | None = None
    seconds: float | None = None

    @property
    def told(self) -> bool:
        """Whether there is something to read."""
        return self.outcome in {"warned", "failed"}


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a command has found out.

    Attributes:
        command: its name, such as ``lint``.
        cases: in order.
        summaries: what is looked for, in a line, by the name of a case.
        pages: where to read more, below the project's documents, by the name of a case.
    """

    command: str
    cases: tuple[Case, ...]
    summaries: Mapping[str, str] = field(default_factory=dict)
    pages: Mapping[str, str] = field(default_factory=dict)


def fingerprints(sheet: Sheet) -> Iterator[tuple[Case, str]]:
    """Every case that has something to tell, with what it is known by from run to run.

    Of the rule, the file and the text of the line, not its number: so that a finding stays the same
    when lines are added above it.
    """
    seen: Counter[tuple[str, str, str]] = Counter()
    for case in sheet.cases:
        where = case.where
        key = (case.name, where.path if where else case.group, where.text.strip() if where else "")
        seen[key] += 1
        text = "\0".join((sheet.command, *key, str(seen[key])))
        yield case, hashlib.sha256(text.encode()).hexdigest()


def write_report(path: str, text: str) -> None:
    """Write a report to a file.

    Raises:
        UsageError: it cannot be written.
    """
    from pathlib import Path  # noqa: PLC0415 - imported where used

    from wishkit.errors import UsageError  # noqa: PLC0415 - rarely needed

    try:
        Path(path).write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(
            f"{path} cannot be written: {(error.strerror or str(error)).lower()}"
        ) from None
