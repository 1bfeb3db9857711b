"""The rule about new things of which nothing says what they are for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wishkit.core.lint.book import Spot, few, of_folder
from wishkit.core.lint.known import plain
from wishkit.core.locks.model import Name, ObjectRef
from wishkit.core.locks.tree import node, nodes, parts_of, quoted, written

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from wishkit.core.lint.reading import Around, Pair, Told

    _Key = tuple[str, str]
    _Silent = dict[_Key, tuple[Told, ObjectRef]]


@of_folder("comment-missing")
def _comments(pairs: Sequence[Pair], around: Around) -> Iterator[Spot]:
    silent: _Silent = {}
    for pair in pairs:
        for it in pair.forward.statements:
            for ref in _new(it, around):
                silent[_key(ref)] = it, ref
            for index in _taken_over(it):
                silent.pop(("index", index), None)
            for ref in it.effects.drops:
                silent.pop(_key(ref), None)
                if ref.kind in {"table", "schema"}:
                    silent = {k: v for k, v in silent.items() if v[1].name != ref.name}
            if said := _commented(it):
                silent.pop(said, None)
            for old, new in it.effects.renames:
                silent = {k: v for k, v in silent.items() if v[1].name not in {old.name, new.name}}
    for it, refs in _by_statement(silent):
        names = [_labelled(ref) for ref in refs]
        verb = "is" if len(names) == 1 else "are"
        sql = "\n".join(f"COMMENT ON {_target(ref)} IS '…';" for ref in refs)
        yield Spot(
            it.where,
            f"no comment says what {few(names)} {verb} for: meaning, unit, why",
            f"in the same file, with what the name does not say:\n{sql}",
        )


def _taken_over(it: Told) -> Iterator[str]:
    """Indexes that a constraint takes over, and gives its name to."""
    for command in nodes(it.tree.get("AlterTableStmt"), "AlterTableCmd"):
        constraint = command.get("def", {}).get("Constraint", {})
        if "indexname" in constraint:
            yield constraint["indexname"]


def _by_statement(silent: _Silent) -> Iterator[tuple[Told, list[ObjectRef]]]:
    grouped: dict[tuple[str, int], tuple[Told, list[ObjectRef]]] = {}
    for it, ref in silent.values():
        grouped.setdefault((it.script.path, it.span.start), (it, []))[1].append(ref)
    yield from grouped.values()


_COMMENTED = {"table", "foreign table", "view", "materialized view", "type", "domain", "index"}


def _new(it: Told, around: Around) -> Iterator[ObjectRef]:
    """What a statement makes and somebody will wonder about."""
    fields = it.tree.get("CreateStmt", {})
    relation = fields.get("relation", it.tree.get("ViewStmt", {}).get("view", {}))
    if relation.get("relpersistence") == "t" or "partbound" in fields:
        return  # gone with the session; or a part of a table that says it
    for ref in it.effects.creates:
        named = ref.kind in _COMMENTED or (ref.column and ref.kind in {"column", "constraint"})
        if named and not ref.maybe and (ref.column or ref.name) not in around.attached:
            yield ref
    table = Name(relation.get("schemaname") or None, relation.get("relname", ""))
    yield from _elements(table, fields.get("tableElts", ()))


def _elements(table: Name, elements: Sequence[Any]) -> Iterator[ObjectRef]:
    """Columns and named constraints of a new table."""
    for item in elements:
        kind, fields = node(item)
        if kind == "ColumnDef":
            yield ObjectRef("column", *table, fields["colname"])
            yield from _elements(table, fields.get("constraints", ()))
        elif kind == "Constraint" and "conname" in fields and fields["contype"] in _TOLD:
            yield ObjectRef("constraint", *table, fields["conname"])


_TOLD = {"CONSTR_CHECK", "CONSTR_FOREIGN", "CONSTR_EXCLUSION", "CONSTR_UNIQUE"}


def _key(ref: ObjectRef) -> _Key:
    kind = "type" if ref.kind == "domain" else "view" if "view" in ref.kind else ref.kind
    name = plain(Name(ref.schema, ref.name))
    return kind.replace("foreign ", ""), ".".join(filter(None, (*name, ref.column)))


def _commented(it: Told) -> _Key | None:
    comment = it.tree.get("CommentStmt", {})
    if not comment.get("comment"):
        return None
    parts = parts_of(comment["object"])
    kind = _OBJECTS.get(comment["objtype"])
    if kind is None:
        return None
    return kind, ".".join(parts[1:] if parts[0] == "public" else parts)


_OBJECTS = {
    "OBJECT_TABLE": "table",
    "OBJECT_FOREIGN_TABLE": "table",
    "OBJECT_VIEW": "view",
    "OBJECT_MATVIEW": "view",
    "OBJECT_TYPE": "type",
    "OBJECT_DOMAIN": "type",
    "OBJECT_INDEX": "index",
    "OBJECT_COLUMN": "column",
    "OBJECT_TABCONSTRAINT": "constraint",
}


def _labelled(ref: ObjectRef) -> str:
    name = quoted(ref.name)
    return f"{ref.kind} {name}.{quoted(ref.column)}" if ref.column else f"{ref.kind} {name}"


def _target(ref: ObjectRef) -> str:
    name = written(Name(ref.schema, ref.name))
    if ref.kind == "constraint" and ref.column:
        return f"CONSTRAINT {quoted(ref.column)} ON {name}"
    return f"{ref.kind.upper()} {name}" + (f".{quoted(ref.column)}" if ref.column else "")
