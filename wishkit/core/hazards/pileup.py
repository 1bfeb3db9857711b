"""Locks that pile up: one transaction, several tables, and clients of each waiting to its end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from wishkit.core.hazards.model import Hazard
from wishkit.core.hazards.safe import file

if TYPE_CHECKING:
    from wishkit.core.hazards.parts import Stated
    from wishkit.core.hazards.scene import Held
    from wishkit.core.locks.model import Name

PILE_UP = "locks-pile-up"

Locked = Sequence[tuple["Stated", tuple["Held", ...]]]


def pile_up(locked: Locked) -> Hazard | None:
    """A warning for a transaction that blocks one table after another.

    Tables that one statement locks together, as a foreign key does, cannot be parted: they do not
    pile up.

    Args:
        locked: the statements of a transactional file that may matter to others, each with the
            locks it takes on tables that were there before the plan.
    """
    groups: list[tuple[list[Stated], set[Name]]] = []
    for statement, locks in locked:
        tables = {held.table for held in locks}
        if groups and (not tables or not groups[-1][1] or tables & groups[-1][1]):
            groups[-1][0].append(statement)
            groups[-1][1].update(tables)
        else:
            groups.append(([statement], tables))
    if len(groups) < 2:  # noqa: PLR2004 - two are several
        return None
    first: dict[Name, Held] = {}
    for _, locks in locked:
        for held in locks:
            strongest = first.get(held.table)
            if strongest is None or strongest.mode < held.mode:
                first[held.table] = held
    told = ", ".join(f"{it.mode.label} on {it.relation} (line {it.line})" for it in first.values())
    begin = groups[1][0][0]
    return Hazard(
        PILE_UP,
        next(iter(first.values())).relation,
        begin.script.locate(begin.span.start, begin.span.end),
        f"holds locks on {len(first)} tables to its end: {told}",
        tuple(file(*(text(it) for it in statements)) for statements, _ in groups),
        refused=False,
        note="each table in a migration of its own is held for as long as its own statements take",
    )


def text(statement: Stated) -> str:
    """A statement as it stands in its file."""
    return statement.script.source[statement.span.start : statement.span.end].decode()
