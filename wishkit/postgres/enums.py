"""What the catalog knows of enums: order, columns, and everything that depends on one."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import psycopg

from wishkit.core.columns import Columns
from wishkit.core.enums import (
    ENUM_SWAP,
    Addition,
    Swap,
    addition,
    adds_values,
    misplaced,
    refuse_early_use,
    swaps,
)
from wishkit.core.hazards.model import Hazard, Size
from wishkit.core.locks.model import Name
from wishkit.core.locks.tree import written
from wishkit.postgres.failure import OUT_OF_ORDER
from wishkit.postgres.queries import query
from wishkit.postgres.session import Refused

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Sequence

    from wishkit.config import Small
    from wishkit.core.batches import Batch
    from wishkit.core.plan import Step
    from wishkit.postgres.session import Session

    Connection = psycopg.Connection[Any]
    Prepared = Sequence[tuple[Step, Sequence[Batch]]]

_PAGE = 8192  # bytes; what nearly every server is built with


@dataclass(frozen=True, slots=True)
class Dependency:
    """Something that stands or falls with an enum.

    Attributes:
        kind: column, array column, generated column, default, view, materialized view, rule,
            function, index, table constraint, domain, domain constraint, range type, composite
            type, policy, trigger, cast, operator, …
        name: as it would be written; of a policy, trigger or constraint ``name on table``.
        size: of a column's table, as the planner believes; None for what has no rows of its own.
    """

    kind: str
    name: str
    size: Size | None = None

    @property
    def removed_as(self) -> str:
        """Its bare name, unquoted, as ``Swap.removed`` has it."""
        bare = re.sub(r"\(.*|\s+(?:on|for)\s.*", "", self.name).rsplit(".", 1)[-1].strip('"')
        return f"default {bare}" if self.kind == "default" else bare

    def __str__(self) -> str:
        return f"{self.kind} {self.name}" + (f" ({self.size})" if self.size else "")


def dependencies(connection: Connection, type_: str) -> tuple[Dependency, ...]:
    """Everything that depends on an enum.

    Args:
        connection: in autocommit mode.
        type_: as it would be written, quoted where needed.
    """
    rows = connection.execute(query("enum_dependencies"), {"type": type_}).fetchall()
    return tuple(
        Dependency(kind, name, None if count is None else Size(count, pages * _PAGE))
        for kind, name, count, pages in rows
    )


def refuse_new_values(connection: Connection, prepared: Prepared) -> None:
    """A plan uses a value in the transaction that adds it.

    Nothing is asked of the database unless a file adds a value.

    Args:
        connection: in autocommit mode.
        prepared: the plan.

    Raises:
        MigrationFileError: ``new-enum-value``.
    """
    if adds_values(prepared):
        columns = _columns(connection)
        labels = {}
        for schema, name, is_visible, values in _labels(connection):
            labels[Name(schema, name)] = values
            if is_visible:
                columns.type_schemas[name] = schema
        refuse_early_use(prepared, columns, labels)


def swap_hazards(
    connection: Connection, prepared: Prepared, small: Small, *, accepted: Container[str] = ()
) -> dict[str, tuple[Hazard, ...]]:
    """Columns of enums that a plan gives another type, where more than small tables depends on it.

    Args:
        connection: in autocommit mode.
        prepared: the plan.
        small: which tables may be rewritten.
        accepted: rules that were accepted for the whole run.

    Returns:
        by the id of their migration.
    """
    swapping = list(swaps(prepared))
    columns = _columns(connection) if swapping else Columns()
    found: dict[str, tuple[Hazard, ...]] = {}
    for swap in swapping:
        if enum := columns.of(swap.table).get(swap.column):
            hazard = _swap_hazard(connection, swap, enum, small)
            if hazard and ENUM_SWAP in accepted:
                hazard = replace(hazard, accepted=ENUM_SWAP)
            elif hazard and (reason := swap.allowed.get(ENUM_SWAP)):
                hazard = replace(hazard, accepted=f"{ENUM_SWAP}: {reason}")
            found[swap.migration] = found.get(swap.migration, ()) + ((hazard,) if hazard else ())
    return found


def _columns(connection: Connection) -> Columns:
    columns = Columns()
    rows = connection.execute(query("enum_columns")).fetchall()
    for schema, table, is_visible, name, type_schema, type_ in rows:
        if is_visible:
            columns.table_schemas[table] = schema
        of_table = columns.tables.setdefault(Name(schema, table), {})
        of_table[name] = Name(type_schema, type_) if type_ else None
    return columns


def _labels(connection: Connection) -> list[tuple[str, str, bool, list[str]]]:
    return connection.execute(query("enum_labels"), {"type": None}).fetchall()


def _swap_hazard(connection: Connection, swap: Swap, enum: Name, small: Small) -> Hazard | None:
    in_the_way = [
        str(found)
        for found in dependencies(connection, written(enum))
        if not (_is_small(found, small) or found.removed_as in swap.removed)
    ]
    if not in_the_way:
        return None
    what = f"gives {written(swap.table)}.{swap.column} another type than the enum {enum.name}, on "
    return Hazard(
        ENUM_SWAP,
        written(swap.table),
        swap.where,
        f"{what}which depend: {'; '.join(in_the_way)}",
        (),
        note="to add, remove or rename a value, keep the type: wishkit new --enum-add, "
        "--enum-remove, --enum-rename. In a maintenance window: drop what depends on it in the "
        "same file, before, and make it again at the end",
    )


def _is_small(found: Dependency, small: Small) -> bool:
    return found.kind == "column" and found.size is not None and found.size.within(small)


class OutOfOrder(psycopg.DatabaseError):
    """A value stands at another place than the one that was asked for."""

    sqlstate = OUT_OF_ORDER


def verify_order(session: Session, batch: Batch, batches: Iterable[Batch]) -> None:
    """After ADD VALUE: see that the value stands where it was asked to.

    Args:
        session: in the transaction that has just run the statement.
        batch: the statement; nothing is asked where it adds no value.
        batches: all of its file's.

    Raises:
        Refused: ``OutOfOrder``, as if the server had refused the statement.
    """
    if added := added_by(batch):
        rows = session.ask(query("enum_labels"), {"type": written(added.type)})
        labels = rows[0][3] if rows else []
        beside = [other.label for other in map(added_by, batches) if other]
        if wrong := misplaced(added, labels, beside=beside):
            raise Refused(0, OutOfOrder(wrong))


def added_by(batch: Batch) -> Addition | None:
    """What a statement that is sent alone adds to an enum."""
    return addition(batch.statement.tree) if batch.statement else None
