"""Which data a plan would destroy, as far as its text tells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from wishkit.core.statements import parse

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from wishkit.core.batches import Batch
    from wishkit.core.locks import ObjectRef
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

    A column is left out when its table goes as well, or when an earlier step names it.
    """
    found: dict[tuple[str | None, str, str | None], Threat] = {}
    for step, batches in prepared:
        for reference in _dropped(step, batches):
            kind = _KINDS.get(reference.kind)
            if kind is None:
                continue
            key = (reference.schema, reference.name, reference.column if kind == "column" else None)
            threat = Threat(step.id, kind, *key)
            found.setdefault(key, threat)
    tables = {(t.schema, t.name) for t in found.values() if t.kind == "table"}
    return tuple(
        t for t in found.values() if t.kind != "column" or (t.schema, t.name) not in tables
    )


def _dropped(step: Step, batches: Iterable[Batch]) -> Iterator[ObjectRef]:
    from wishkit.core.locks import ObjectRef, effects  # noqa: PLC0415 - only where data may go

    for batch in batches:
        for index, span in enumerate(batch.spans, batch.first):
            tree = (batch.statement or parse(step.script, span, index=index)).tree
            yield from effects(tree).drops
            relation = tree.get("DeleteStmt", {}).get("relation")
            if relation:
                yield ObjectRef("rows", relation.get("schemaname"), relation["relname"])
