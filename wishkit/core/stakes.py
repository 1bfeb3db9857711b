"""Which data a plan would destroy, as far as its text tells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from wishkit.core.locks.model import Name
from wishkit.core.statements import insert_target, parse

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from wishkit.core.batches import Batch
    from wishkit.core.locks import Effects, ObjectRef
    from wishkit.core.plan import Step

Kind = Literal["table", "column", "rows", "schema", "type"]


@dataclass(frozen=True, slots=True)
class Threat:
    """Something with data in it that a statement would remove.

    Attributes:
        migration: id of the migration whose statement it is.
        kind: what is removed; ``rows`` leaves the table itself.
        schema: as written, unquoted; None where the text gives none.
        name: unquoted; of the table, where a column goes.
        column: unquoted; for a column.
    """

    migration: str
    kind: Kind
    schema: str | None
    name: str
    column: str | None = None


@dataclass(frozen=True, slots=True)
class Stake:
    """Data that would be lost.

    Attributes:
        migration: id of the migration that removes it.
        kind: table, column or rows.
        name: as it would be written: ``wishlist_items``, ``sets.wishlist_item_id``.
        rows: how many rows hold data there.
        exact: False when ``rows`` is the planner's estimate, because counting took too long.
    """

    migration: str
    kind: Kind
    name: str
    rows: int
    exact: bool


_KINDS: dict[str, Kind] = {
    "table": "table",
    "column": "column",
    "rows": "rows",
    "schema": "schema",
    "type": "type",
    "domain": "type",
}


def threats(prepared: Sequence[tuple[Step, Sequence[Batch]]]) -> tuple[Threat, ...]:
    """What the statements of a plan would remove, each thing once.

    Columns and rows are left out when their table goes as well. A table that the plan renames
    first is told by the name it has now. What code (DO, CALL) removes cannot be told.
    """
    found: dict[tuple[Kind, str | None, str, str | None], Threat] = {}
    now: dict[Name, Name] = {}  # later names of tables, and their names before the plan runs
    for step, batches in prepared:
        for tree, what in _statements(step, batches):
            for reference in (*what.drops, *_deleted_from(tree)):
                if kind := _KINDS.get(reference.kind):
                    later = Name(reference.schema, reference.name)
                    name = now.get(later, later)
                    column = reference.column if kind == "column" else None
                    threat = Threat(step.id, kind, name.schema, name.name, column)
                    found.setdefault((kind, *name, column), threat)
            for old, new in what.renames:
                now[new] = now.pop(old, old)
    tables = {(t.schema, t.name) for t in found.values() if t.kind == "table"}
    return tuple(
        t
        for t in found.values()
        if t.kind not in {"column", "rows"} or (t.schema, t.name) not in tables
    )


def _statements(
    step: Step, batches: Iterable[Batch]
) -> Iterator[tuple[Mapping[str, Any], Effects]]:
    from wishkit.core.locks import effects  # noqa: PLC0415 - only where data may go

    for batch in batches:
        for index, span in enumerate(batch.spans, batch.first):
            if insert_target(step.script, span):  # cheaper than parsing, in a file of 100,000 rows
                continue
            tree = (batch.statement or parse(step.script, span, index=index)).tree
            yield tree, effects(tree)


def _deleted_from(tree: Mapping[str, Any]) -> Iterator[ObjectRef]:
    """Tables that a DELETE names, also one within WITH, but not in a body that runs later."""
    from wishkit.core.locks import ObjectRef  # noqa: PLC0415 - only where data may go
    from wishkit.core.locks.tree import nodes, range_var  # noqa: PLC0415

    if "CreateFunctionStmt" not in tree and "RuleStmt" not in tree:
        for delete in nodes(tree, "DeleteStmt"):
            yield ObjectRef("rows", *range_var(delete["relation"]))
