"""A remedy as text: a script for psql, or the two files of a migration."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from wishkit.core.drift_words import definition, object_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from wishkit.core.remedy.model import ByHand, Remedy, Step

_HEAD = """\
-- What brings {database}
-- back to what its migrations define. Read it; it changes nothing in the ledger.
-- Run it: psql -X -v ON_ERROR_STOP=1 -f FILE; then look again: wishkit check
-- What would lose data is commented out, and marked DESTRUCTIVE.
"""
_SETTINGS = """\
SET check_function_bodies = off;
SET search_path = '';
"""


def psql_script(remedy: Remedy, database: str) -> str:
    """One script for psql: transactions where there can be some, and what loses data as comments.

    Args:
        remedy: what to do.
        database: which one it is for, in words.
    """
    parts = [_HEAD.replace("{database}", database)]
    if remedy.steps:
        parts.append(_SETTINGS)
    for alone, steps in groupby(remedy.steps, key=lambda it: it.alone or bool(it.loses)):
        text = "\n".join(line for it in steps for line in step_lines(it, commented=True))
        parts.append(f"{text}\n" if alone else f"BEGIN;\n{text}\nCOMMIT;\n")
    parts += by_hand(remedy.by_hand)
    if not remedy.steps and not remedy.by_hand:
        parts.append("-- There is nothing to do.\n")
    return "\n".join(parts)


def file_text(remedy: Remedy) -> str:
    """The statements of one file of a migration; what loses data is marked, and runs."""
    lines = [line for it in remedy.steps for line in step_lines(it, commented=False)]
    text = "\n".join(lines) + "\n" if lines else ""
    return "\n".join(filter(None, (text, *by_hand(remedy.by_hand))))


def by_hand(left: Iterable[ByHand]) -> Iterator[str]:
    """What is left to a person, with the definitions of both sides, as comments."""
    for it in left:
        difference = it.difference
        lines = [f"BY HAND: {object_words(difference.identity)}: {it.reason}"]
        for side, attributes in (
            ("should be", difference.expected),
            ("is", difference.actual),
        ):
            text = definition(attributes)
            lines += [f"  {side}:", *(f"    {line}" for line in (text or "not there").splitlines())]
        yield "".join(f"-- {line}\n" for line in lines)


def step_lines(step: Step, *, commented: bool) -> Iterator[str]:
    """The commands of a step, each with its semicolon; what loses data is marked.

    Args:
        step: about one object.
        commented: what loses data is a comment.
    """
    if step.loses:
        yield f"-- DESTRUCTIVE: {step.loses}"
    for command in step.commands:
        for line in f"{command};".splitlines():
            yield f"-- {line}" if step.loses and commented else line
