"""What is taken over, as a person reads it before saying yes."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from wishkit.interface.output import answer, count, folded, styled, width

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wishkit.commands.adoption.result import Adoption, Taken, Undecided


def render_plan(plan: Adoption) -> None:
    """What becomes what, what cannot be, and what the comparison says."""
    from wishkit.interface.table import table  # noqa: PLC0415 - imported where used

    columns = width(sys.stdout)
    rows = [(it.original, it.id, _state(it)) for it in plan.migrations]
    if rows:
        for line in table((plan.source, plan.target, ""), rows, width=columns):
            answer(line)
    sections = (
        ("to be decided", [line for it in plan.undecided for line in _undecided(it)]),
        ("note", list(plan.notes)),
    )
    for title, lines in sections:
        if lines:
            answer("")
        for line in lines:
            label = f"{title}: " if not line.startswith("  ") else ""
            first, *rest = folded(line, columns, len(label)) or [""]
            answer(f"{styled(label, 'bold', sys.stdout)}{first}")
            for piece in rest:
                answer(f"  {piece}")
    if plan.check is not None:
        from wishkit.interface.render_check import render_check  # noqa: PLC0415 - as above

        answer("")
        answer(styled("against the database, on a scratch server:", "bold", sys.stdout))
        render_check(plan.check)


def _state(taken: Taken) -> str:
    words = ["applied" if taken.applied else "pending"]
    words += ["no transaction"] if not taken.transactional else []
    words += ["stays as it is"] if taken.state == "kept" else []
    words += ["to be decided"] if taken.state == "undecided" else []
    words += ["verify"] if taken.verify else []
    words += ["no way back"] if taken.irreversible else []
    return ", ".join(words)


def _undecided(it: Undecided) -> Iterator[str]:
    yield f"{it.where}: {it.message}" if it.where else it.message
    for line in (it.help or "").splitlines():
        yield f"  help: {line}"


def question(plan: Adoption) -> str:
    """What is about to happen, as a question."""
    new, applied = _counts(plan)
    return f"write {new} to {plan.target}, and record {applied} as applied on {plan.database}?"


def _counts(plan: Adoption) -> tuple[str, str]:
    new = sum(it.state == "new" for it in plan.migrations)
    applied = sum(it.applied for it in plan.migrations)
    return count(new, "migration"), str(applied)


def render_done(result: Adoption) -> None:
    """What it came to, and what comes next."""
    if result.ignore and result.outcome != "undecided":
        place = result.configuration or "wishkit.toml"
        how = "put into" if result.configuration else "goes into"
        answer("")
        answer(f"# what {result.source} keeps for itself is no drift; {how} {place}:")
        answer(result.ignore.rstrip())
    answer("")
    new, applied = _counts(result)
    told = {
        "planned": f"nothing was changed; with --yes, {new} will be written and {applied} recorded "
        "as applied",
        "adopted": f"adopted: {count(len(result.written), 'file')} written, "
        f"{len(result.recorded)} recorded as applied; no SQL was run",
        "undecided": "nothing was changed: see what is to be decided",
        "drift": "nothing was changed: the database is not what these migrations make",
    }
    for hint in result.hints:
        answer(f"next: {hint}")
    answer(told[result.outcome])
