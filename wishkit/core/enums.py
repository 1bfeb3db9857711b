"""Enum values that a migration adds: used too early, or at another place than it says.

A value that ALTER TYPE … ADD VALUE added cannot be used before the transaction has committed
(manual: ALTER TYPE, Notes). Whether a text would do that is told where it is certain; where it is
not, the server has the last word, because its error costs no more than ours.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from wishkit.core.enum_uses import uses
from wishkit.core.locks.tree import dotted, nodes, parts_of, range_var, strings, written
from wishkit.core.statements import keyword, parse
from wishkit.errors import MigrationFileError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from wishkit.core.batches import Batch
    from wishkit.core.columns import Columns
    from wishkit.core.locks.model import Name
    from wishkit.core.locks.tree import Tree
    from wishkit.core.plan import Step
    from wishkit.core.statements import Span
    from wishkit.errors import Location

ENUM_SWAP = "enum-swap"  # the rule that a swap of a type breaks
_UNDERSTOOD_BYTES = 64 * 1024  # a longer statement is rows, and takes longer to parse than to run


@dataclass(frozen=True, slots=True)
class Addition:
    """One ALTER TYPE … ADD VALUE.

    Attributes:
        type: the enum, as written.
        label: the new value.
        neighbour: what it shall stand beside; None: at the end.
        after: behind ``neighbour``, rather than before it.
        if_not_exists: nothing is added where the value is there already.
    """

    type: Name
    label: str
    neighbour: str | None
    after: bool
    if_not_exists: bool

    def __str__(self) -> str:
        if self.neighbour is None:
            return f"{literal(self.label)} at the end"
        return f"{literal(self.label)} {'AFTER' if self.after else 'BEFORE'} " + literal(
            self.neighbour
        )


def addition(tree: Tree) -> Addition | None:
    """What a statement adds to an enum; None for any other statement."""
    fields = tree.get("AlterEnumStmt", {})
    if "newVal" not in fields or "oldVal" in fields:
        return None
    return Addition(
        dotted(strings(fields["typeName"])),
        fields["newVal"],
        fields.get("newValNeighbor"),
        after=fields.get("newValIsAfter", False),
        if_not_exists=fields.get("skipIfNewValExists", False),
    )


def misplaced(added: Addition, labels: Sequence[str], *, beside: Iterable[str] = ()) -> str | None:
    """How a value's place differs from the one that was asked for.

    Args:
        added: what was asked for.
        labels: all values of the enum, in order, as they are now.
        beside: values that the same migration adds; they may stand in between.

    Returns:
        One sentence; None when all is well.
    """
    if added.label in labels and (added.neighbour is None or added.neighbour in labels):
        place = labels.index(added.label)
        end = len(labels) if added.neighbour is None else labels.index(added.neighbour)
        follows = added.after and added.neighbour is not None
        between = labels[end + 1 : place] if follows else labels[place + 1 : end]
        if (place > end if follows else place < end) and set(between) <= {*beside}:
            return None
    order = ", ".join(labels)
    return f"{written(added.type)} shall have {added}, but its order is: {order}"


def literal(text: str) -> str:
    """A string as SQL writes it."""
    return "'" + text.replace("'", "''") + "'"


@dataclass(slots=True)
class _Added:
    """What one transactional file has added up to some statement of it.

    Attributes:
        values: the additions, each with its place; of a value that was renamed since, under its
            new name.
        created: types made by the same file. Of those, PostgreSQL 17 and later let a new value be
            used at once; before that the server refuses.
    """

    values: list[tuple[Addition, str]] = field(default_factory=list)
    created: set[str] = field(default_factory=set)

    @property
    def labels(self) -> frozenset[str]:
        return frozenset(added.label for added, _ in self.values)

    def learn(self, tree: Tree) -> None:
        """Take over what a statement does to values that are there or were added before."""
        if create := tree.get("CreateEnumStmt"):
            self.created.add(dotted(strings(create["typeName"])).name)
        elif tree.get("VariableSetStmt", {}).get("name") == "search_path":
            self.values.clear()  # names may stand for other types from here on
        elif (fields := tree.get("AlterEnumStmt", {})).get("oldVal") in self.labels:
            old, new = fields["oldVal"], fields["newVal"]
            self.values = [
                (replace(added, label=new) if added.label == old else added, where)
                for added, where in self.values
            ]


def adds_values(prepared: Iterable[tuple[Step, Sequence[Batch]]]) -> bool:
    """Whether any transactional file adds a value to an enum."""
    return any(_adds(batches) for step, batches in prepared if step.transactional)


def _adds(batches: Iterable[Batch]) -> bool:
    # Such a statement is sent alone, so that it has been parsed.
    return any(addition(batch.statement.tree) for batch in batches if batch.statement)


def refuse_early_use(
    prepared: Sequence[tuple[Step, Sequence[Batch]]],
    columns: Columns,
    labels: Mapping[Name, Sequence[str]],
) -> None:
    """A value is used in the transaction that adds it.

    Args:
        prepared: the plan, in order; what its files say about columns is learned on the way.
        columns: types of columns that the database has now.
        labels: values of the enums that the database has now, by name with schema.

    Raises:
        MigrationFileError: ``new-enum-value``, at the place of the use.
    """
    known = {name: {*values} for name, values in labels.items()}
    before: list[bytes] = []
    for step, batches in prepared:
        source, added = step.script.source, _Added()
        for span, tree in _trees(step, batches, everything=_adds(batches)):
            columns.learn(tree)
            added.learn(tree)
            if create := tree.get("CreateEnumStmt"):
                name = columns.full_type(dotted(strings(create["typeName"])))
                known[name] = {*strings(create.get("vals", ()))}
            if not step.transactional:
                continue
            if added.values:
                _refuse(step, span, tree, added, columns)
            found = addition(tree)
            if found and found.type.name not in added.created:
                has = known.get(columns.full_type(found.type), {found.label})
                if not found.if_not_exists or _lacks(found, has, [*before, source[: span.start]]):
                    added.values.append((found, str(step.script.locate(span.start))))
        before.append(source)


def _lacks(found: Addition, has: set[str], before: Iterable[bytes]) -> bool:
    """Whether IF NOT EXISTS adds the value for certain: nothing before in the plan speaks of it."""
    spoken = literal(found.label).encode()
    return found.label not in has and not any(spoken in text for text in before)


def _refuse(step: Step, span: Span, tree: Tree, added: _Added, columns: Columns) -> None:
    for use in uses(step.script, span, tree, columns, added.labels):
        for found, where in added.values:
            same = columns.full_type(found.type) == columns.full_type(use.type)
            if same and found.label == use.label:
                raise MigrationFileError(
                    f"{literal(use.label)} is used in the transaction that adds it to "
                    f"{written(found.type)}",
                    code="new-enum-value",
                    where=step.script.locate(use.start, use.end),
                    notes=(f"it is added at {where}",),
                    help=TWO_FILES,
                )


TWO_FILES = (
    "PostgreSQL lets nobody use a new value before the COMMIT that adds it: leave ALTER TYPE … ADD "
    "VALUE in this migration, and move what uses the value into the next one"
)


@dataclass(frozen=True, slots=True)
class Swap:
    """A column that gets another type.

    Attributes:
        migration: id of the migration whose statement it is.
        table: as written.
        column: which one.
        where: the statement's place.
        removed: bare names of what its file drops before; ``default x`` for a column's default.
        allowed: rules that its file allows, with the reason.
    """

    migration: str
    table: Name
    column: str
    where: Location
    removed: frozenset[str]
    allowed: Mapping[str, str]


def swaps(prepared: Iterable[tuple[Step, Sequence[Batch]]]) -> Iterator[Swap]:
    """Every ALTER COLUMN … TYPE of a plan; whether of an enum, only the catalog knows."""
    for step, batches in prepared:
        if not any(_retyped(batch.statement.tree) for batch in batches if batch.statement):
            continue
        removed: set[str] = set()
        allowed = {e.rule: e.reason for e in step.migration.allowed(step.direction)}
        for span, tree in _trees(step, batches, everything=True):
            if drop := tree.get("DropStmt"):
                removed.update(name for item in drop["objects"] for name in parts_of(item)[-1:])
            for command in nodes(tree.get("AlterTableStmt", {}), "AlterTableCmd"):
                if command.get("subtype") in _REMOVING:
                    removed.add(command["name"])
                elif command.get("subtype") == "AT_ColumnDefault" and "def" not in command:
                    removed.add(f"default {command['name']}")
            for column in _retyped(tree):
                table = range_var(tree["AlterTableStmt"]["relation"])
                where, gone = step.script.locate(*span[:2]), frozenset(removed)
                yield Swap(step.id, table, column, where, gone, allowed)


def _retyped(tree: Tree) -> list[str]:
    """Columns to which a statement gives another type. It is sent alone, as a possible rewrite."""
    commands = nodes(tree.get("AlterTableStmt", {}), "AlterTableCmd")
    return [c["name"] for c in commands if c.get("subtype") == "AT_AlterColumnType"]


_REMOVING = {"AT_DropConstraint", "AT_DropColumn"}
# What may begin a statement that changes types of columns, or makes enums.
_TELLS = frozenset({"CREATE", "ALTER", "DROP", "SET"})


def _trees(
    step: Step, batches: Iterable[Batch], *, everything: bool
) -> Iterator[tuple[Span, Tree]]:
    """The statements of a file, parsed; if not everything, those that tell about columns."""
    for batch in batches:
        for index, span in enumerate(batch.spans, batch.first):
            if batch.statement:
                yield span, batch.statement.tree
            elif span.end - span.start <= _UNDERSTOOD_BYTES and (
                everything or keyword(step.script, span) in _TELLS
            ):
                yield span, parse(step.script, span, index=index).tree
