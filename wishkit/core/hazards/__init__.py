"""Statements of a plan that would keep clients waiting for long, and the form that would not.

``take_apart`` reads a plan once; ``question`` says what of it has to be looked up in the catalog,
which postgres/hazards.py does; ``hazards`` judges it by the answer. What is a hazard depends on how
large a table is.
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from wishkit.config import Small
from wishkit.core.enums import ENUM_SWAP
from wishkit.core.hazards.model import Facts, Hazard, Question, Size, TypeName
from wishkit.core.hazards.parts import blocked, indexes, new_column, take_apart
from wishkit.core.hazards.pileup import pile_up
from wishkit.core.hazards.retype import type_name
from wishkit.core.hazards.rules import RULES, findings
from wishkit.core.hazards.scene import Scene, candidates
from wishkit.core.locks.queries import functions
from wishkit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from wishkit.core.hazards.parts import Part, Stated, Taken
    from wishkit.core.locks.model import Name

__all__ = [
    "REFUSING",
    "Facts",
    "Hazard",
    "Question",
    "Size",
    "check_rules",
    "hazards",
    "judge",
    "question",
    "take_apart",
]


_NOTHING: Mapping[str, str] = {}
# What no text tells: a statement had its locks, and clients waited for it all the same.
STALLS = "stalls-clients"
# Every rule that has to be accepted before what breaks it is run, or is left to its end.
REFUSING = (*RULES, ENUM_SWAP, STALLS)


def check_rules(rules: Sequence[str]) -> None:
    """Every name is one of a rule.

    Raises:
        UsageError: ``unknown-rule``.
    """
    for rule in rules:
        if rule not in REFUSING:
            close = get_close_matches(rule, REFUSING, n=1)
            raise UsageError(
                f'there is no rule "{rule}"',
                code="unknown-rule",
                help=f'perhaps you meant "{close[0]}"'
                if close
                else f"rules are {', '.join(REFUSING)}",
            )


def question(taken: Taken) -> Question:
    """What the catalog has to be asked before a plan can be judged; nothing, for most plans."""
    relations: dict[Name, None] = {}
    types: dict[TypeName, None] = {}
    called: set[str] = set()
    scene = Scene(Facts(), Small())
    for _, statements in taken:
        scene.begin()
        for statement, pieces in statements:
            named = [part.table for part in pieces]
            named += [name for name, _, _ in blocked(statement.effects)]
            for part in pieces:
                named += indexes(part)
                column = new_column(part)
                if "typeName" in column:
                    types[type_name(column["typeName"])] = None
                called |= functions(column.get("constraints", []))
            relations |= dict.fromkeys(
                found for name in named for found in candidates(name, scene.path)
            )
            scene.went(statement, ())
    return Question(tuple(relations), tuple(types), tuple(sorted(called)))


def hazards(
    taken: Taken,
    facts: Facts,
    *,
    small: Small,
    accepted: Sequence[str] = (),
) -> Mapping[str, tuple[Hazard, ...]]:
    """What a plan would do to tables that are not small, by migration.

    Args:
        taken: the plan, taken apart.
        facts: the catalog's answer to ``question``.
        small: up to what size a table may be rewritten while clients wait.
        accepted: rules that were accepted for the whole run.

    Returns:
        hazards and warnings, by the id of their migration, in the order of the text.
    """
    scene = Scene(facts, small)
    found = {}
    for step, statements in taken:
        allowed = {rule: rule for rule in accepted}
        for exception in step.migration.allowed(step.direction):
            allowed[exception.rule] = f"{exception.rule}: {exception.reason}"
        found[step.id] = tuple(
            judge(statements, scene, transactional=step.transactional, allowed=allowed)
        )
    return found


def judge(
    statements: Iterable[tuple[Stated, Sequence[Part]]],
    scene: Scene,
    *,
    transactional: bool,
    allowed: Mapping[str, str] = _NOTHING,
) -> Iterator[Hazard]:
    """What the statements of one file would do, as things stand before it; the scene goes on.

    Args:
        statements: those that may matter, in order, each taken apart.
        scene: what stands in the database; afterwards, what stands there behind the file.
        transactional: whether they run as one transaction.
        allowed: rules that were accepted, each with the words to remember that by.
    """
    scene.begin()
    locked = []
    for statement, pieces in statements:
        if not transactional:
            scene.held.clear()
        for part in pieces:
            for rule, finding in findings(part, scene):
                yield Hazard(
                    rule,
                    part.relation,
                    part.where,
                    finding.sentence(part, scene),
                    finding.files,
                    accepted=allowed.get(rule),
                    note=finding.note,
                )
        locked.append((statement, tuple(scene.holding(statement))))
        scene.went(statement, pieces)
    if transactional and (warning := pile_up(locked)):
        yield warning
