"""A plan taken apart: what each of its statements does to each table, one thing at a time."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from wishkit.core.locks import effects
from wishkit.core.locks.model import Name, Reach
from wishkit.core.locks.tree import literal_name, node, nodes, range_var, written
from wishkit.core.statements import insert_target, parse

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from wishkit.core.batches import Batch
    from wishkit.core.locks import Effects
    from wishkit.core.locks.tree import Tree
    from wishkit.core.plan import Step
    from wishkit.core.script import Script
    from wishkit.core.statements import Span
    from wishkit.errors import Location

    Taken = Sequence[tuple[Step, Sequence[tuple["Stated", Sequence["Part"]]]]]

# What decides what a name or a conversion means, and locks nothing: it is looked for by its name.
_SETTINGS = re.compile(rb"\b(?:search_path|timezone|time\s+zone|domain)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Stated:
    """A statement of a plan that may matter to others.

    Attributes:
        script: the text it stands in.
        span: where.
        tree: parsed.
        effects: what it does, as if nothing before it in the plan had been run.
        line: where it begins, from 1.
    """

    script: Script
    span: Span
    tree: Tree
    effects: Effects
    line: int


@dataclass(frozen=True, slots=True)
class Part:
    """One thing a statement does to one table.

    Attributes:
        statement: which one.
        table: the name of the table, as written; of an index, where only that is named.
        relation: the same as text.
        kind: a sub-command of ALTER TABLE (``AT_AddColumn``), or the type of the statement.
        fields: of that sub-command or statement.
        tree: it alone, as a statement.
        effects: what it does.
        several: whether its statement does other things as well.
    """

    statement: Stated
    table: Name
    relation: str
    kind: str
    fields: Mapping[str, Any]
    tree: Tree
    effects: Effects
    several: bool = False

    @property
    def where(self) -> Location:
        """Its place: of a sub-command, the first thing in it that has one."""
        span = self.statement.span
        offsets = [
            found["location"]
            for kind in ("Constraint", "ColumnDef")
            for found in nodes(self.fields if self.several else None, kind)
            if found.get("location", 0) > 0
        ]
        return self.statement.script.locate(span.start + min(offsets, default=0), span.end)


def take_apart(prepared: Sequence[tuple[Step, Sequence[Batch]]]) -> Taken:
    """The statements of a plan that may matter to others, each with what it does one by one."""
    return tuple(
        (step, tuple((it, tuple(parts(it))) for it in stated(step, batches)))
        for step, batches in prepared
    )


def stated(step: Step, batches: Sequence[Batch]) -> Iterator[Stated]:
    """The statements of a step that lock something others may be using, or say what names mean.

    The others are not even parsed again: most migrations make something new, and a plan of a
    thousand of them should cost little.
    """
    script = step.script
    line, counted = 1, 0
    for batch in batches:
        known = batch.statement
        if not (known or batch.wants or _SETTINGS.search(script.source, batch.start, batch.end)):
            continue
        for index, span in enumerate(batch.spans, batch.first):
            if index <= step.done or (not known and insert_target(script, span)):
                continue
            tree = (known or parse(script, span, index=index)).tree
            line += script.source.count(b"\n", counted, span.start)
            counted = span.start
            yield Stated(script, span, tree, effects(tree), line)


def parts(statement: Stated) -> Iterator[Part]:
    """The things a statement does: each sub-command of an ALTER TABLE, or it as a whole."""
    kind, fields = node(statement.tree)
    if kind == "AlterTableStmt":
        several = len(fields["cmds"]) > 1
        for item in fields["cmds"]:
            command = item["AlterTableCmd"]
            alone = {kind: {**fields, "cmds": [item]}}
            what = effects(alone) if several else statement.effects
            # ATTACH PARTITION reads the table that it attaches, not the one it alters.
            relation = (*concerned(what), written(range_var(fields["relation"])))[0]
            yield Part(
                statement,
                literal_name(relation),
                relation,
                command["subtype"],
                command,
                alone,
                what,
                several,
            )
        return
    for relation in concerned(statement.effects):
        name = literal_name(relation)
        yield Part(statement, name, relation, kind, fields, statement.tree, statement.effects)


def concerned(what: Effects) -> tuple[str, ...]:
    """Relations that a statement rewrites or reads, as written; an index stands for its table."""
    by_index = [
        lock.relation
        for lock in what.locks
        if lock.kind == "index" and what.command == "REINDEX INDEX"
    ]
    return tuple(dict.fromkeys((*what.rewrites, *what.scans, *by_index)))


def blocked(what: Effects) -> Iterator[tuple[Name, str, Any]]:
    """What a statement keeps others from writing: name, as written, and the lock's mode."""
    for lock in what.locks:
        if lock.kind in {"table", "materialized view"} and lock.mode.blocks_writes:
            yield Name(lock.schema, lock.name), lock.relation, lock.mode
    for beyond in what.beyond:
        if beyond.reach is Reach.TABLE and beyond.mode.blocks_writes:
            yield Name(beyond.schema, beyond.name), beyond.relation, beyond.mode


def new_column(part: Part) -> Tree:
    """The ColumnDef of a column that is added, or gets another type; empty for anything else."""
    if part.kind not in {"AT_AddColumn", "AT_AlterColumnType"}:
        return {}
    column: Tree = part.fields["def"]["ColumnDef"]
    return column


def indexes(part: Part) -> Iterator[Name]:
    """The index that a part makes, or makes into a constraint."""
    if part.kind == "IndexStmt" and "idxname" in part.fields:
        yield Name(part.table.schema, part.fields["idxname"])
    elif part.kind == "AT_AddConstraint" and "indexname" in part.fields["def"]["Constraint"]:
        yield Name(part.table.schema, part.fields["def"]["Constraint"]["indexname"])
