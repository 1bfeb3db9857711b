"""The words of lint: a rule, what it finds, and where an exception was made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from wishkit.errors import Location


@dataclass(frozen=True, slots=True)
class Rule:
    """Something that lint looks for.

    Attributes:
        name: as ``-- allow:`` takes it; also the anchor of its section in docs/rules.md.
        summary: what breaks it, in a line.
        severity: an error, or a mere warning.
        refused: whether wishkit refuses to run what breaks it, so that nobody can allow it.
        seen: where lint looks for it: in the ``text`` of files, in a ``ledger``, in git's
            ``base``; ``run`` for what only a run can tell.
    """

    name: str
    summary: str
    severity: Literal["error", "warning"]
    refused: bool = False
    seen: Literal["text", "ledger", "base", "ledger or base", "run"] = "text"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that a file does and should not.

    Attributes:
        rule: name of the rule that is broken; ``squawk/…`` for a second opinion.
        severity: an error, or a mere warning.
        message: what blocks or breaks, in one sentence.
        where: the place.
        help: what to write instead, with ready SQL where that can be told.
        migration: id of the migration; None where a file belongs to none.
        allowed: why the file may break the rule, in its own words; None where it may not.
    """

    rule: str
    severity: Literal["error", "warning"]
    message: str
    where: Location
    help: str | None = None
    migration: str | None = None
    allowed: str | None = None
