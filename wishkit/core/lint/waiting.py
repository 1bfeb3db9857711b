"""Rules about what keeps clients waiting: hazards as findings, and indexes that are dropped."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from wishkit.core.hazards import judge
from wishkit.core.hazards.parts import parts
from wishkit.core.lint.book import Spot, of_file
from wishkit.core.locks.model import LockMode
from wishkit.core.locks.tree import dotted, parts_of, written

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from wishkit.core.hazards.parts import Part
    from wishkit.core.lint.known import Known
    from wishkit.core.lint.reading import Around, File, Told

_SIZE = " (of unknown size)"  # what hazards say without a database; here it is so of all tables


def hazards_of(file: File, known: Known) -> Iterator[tuple[str, Spot]]:
    """What a file would do to tables that are in use, each with the name of the rule.

    Args:
        file: read.
        known: what the files before it have made; afterwards, what this one has as well.
    """
    for hazard in judge(_taken(file, known), known, transactional=file.transactional):
        message = hazard.what.replace(_SIZE, "", 1) + _waiting(hazard.what)
        instead = "\n".join(reversed([*hazard.instead()]))  # the SQL last
        yield hazard.rule, Spot(hazard.where, message, instead or None)


def _waiting(text: str) -> str:
    """Who waits for the locks that a text names."""
    named = [
        mode for mode in LockMode if re.search(rf"(?<!ROW )(?<!ACCESS )\b{mode.label}\b", text)
    ]
    if not named:
        return ""
    readers = any(mode.blocks_reads for mode in named)
    return f": {'readers and writers wait' if readers else 'writers wait'}"


def _taken(file: File, known: Known) -> Iterator[tuple[Told, Sequence[Part]]]:
    """Each statement taken apart, just before it is judged."""
    for it in file.statements:
        pieces = tuple(parts(it))
        known.meet(pieces)
        yield it, pieces


@of_file("index-drop-blocks")
def _drop_index(file: File, around: Around) -> Iterator[Spot]:
    made = {ref.name for it in file.statements for ref in it.effects.creates if ref.kind == "index"}
    for it in file.statements:
        drop = it.tree.get("DropStmt", {})
        if drop.get("removeType") != "OBJECT_INDEX" or drop.get("concurrent"):
            continue
        names = [dotted(parts_of(item)) for item in drop["objects"]]
        alone = made | around.partitioned
        waiting = [written(it) for it in names if it.name not in alone]
        if waiting:
            yield Spot(
                it.where,
                f"waits for the queries that use {waiting[0]}, and all others of its table wait "
                "behind it",
                "outside a transaction, in a file of its own:\n-- transactional: false\n"
                + "\n".join(f"DROP INDEX CONCURRENTLY {name};" for name in waiting),
            )
