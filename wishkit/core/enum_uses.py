"""Where a statement certainly reads a string as a value of an enum.

PostgreSQL turns such a string into the value when it analyses the statement, whether or not the
expression is ever evaluated; measured on 15 and 18 (tests/core/test_enums.py). Certain are: a cast
to the type; a column of the type that is written, compared, or has a default. Bodies of SQL
functions are analysed when they are made; those of PL/pgSQL when a statement is reached, so that a
DO counts only up to the first branch that may leave it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from wishkit.core.locks.model import Name
from wishkit.core.locks.tree import dotted, nodes, range_var, strings
from wishkit.core.script import Script
from wishkit.core.statements import Span, parse, parse_plpgsql, split
from wishkit.errors import MigrationFileError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from wishkit.core.columns import Columns
    from wishkit.core.locks.tree import Tree

_COMPARES = frozenset({"=", "<>", "!=", "<", ">", "<=", ">=", "BETWEEN", "NOT BETWEEN"})
_BODIES_OFF = re.compile(rb"check_function_bodies", re.IGNORECASE)


class Use(NamedTuple):
    """A string that becomes a value of an enum.

    Attributes:
        label: the string.
        type: the enum, as written, or as the column has it.
        start: byte offset of the string in the script.
        end: behind it.
    """

    label: str
    type: Name
    start: int
    end: int


def uses(
    script: Script, span: Span, tree: Tree, columns: Columns, labels: frozenset[str]
) -> Iterator[Use]:
    """The certain uses of some labels in a statement, as far as its text tells.

    Args:
        script: which text.
        span: where the statement lies in it.
        tree: the statement, parsed.
        columns: what is known about types of columns; this statement's own included.
        labels: which strings are looked for.
    """
    for label, type_, location in _in_tree(tree, columns):
        if label in labels:
            start = span.start + location
            yield Use(label, type_, start, start + len(label.encode()) + 2)
    for label, type_ in _in_body(script, span, tree, columns):
        if label in labels:
            start = script.source.find(b"'" + label.encode() + b"'", span.start, span.end)
            start = max(start, span.start)
            yield Use(label, type_, start, start + len(label.encode()) + 2)


_Found = tuple[str, Name, int]


def _in_tree(tree: Tree, columns: Columns) -> Iterator[_Found]:
    if any(fields.get("missing_ok") or fields.get("if_not_exists") for fields in tree.values()):
        return  # then it may be passed over, unread
    for find in (_cast, _defined, _inserted, _updated, _altered, _compared):
        yield from find(tree, columns)


def _plain_type(fields: Tree) -> Name | None:
    """The type that a TypeName node names; None for an array, or where there is none."""
    type_ = fields.get("typeName", {})
    plain = "names" in type_ and not type_.get("arrayBounds")
    return dotted(strings(type_["names"])) if plain else None


def _cast(tree: Tree, _columns: Columns) -> Iterator[_Found]:
    for cast in nodes(tree, "TypeCast"):
        yield from _constant(cast["arg"], _plain_type(cast))


def _defined(tree: Tree, _columns: Columns) -> Iterator[_Found]:
    """Defaults of columns and domains that are made here."""
    commands = nodes(tree, "AlterTableCmd")
    maybe = [c["def"]["ColumnDef"] for c in commands if c.get("missing_ok") and "def" in c]
    for kind in ("ColumnDef", "CreateDomainStmt"):
        for fields in nodes(tree, kind):
            for item in () if fields in maybe else fields.get("constraints", ()):
                if item["Constraint"]["contype"] == "CONSTR_DEFAULT":
                    yield from _constant(item["Constraint"]["raw_expr"], _plain_type(fields))


def _inserted(tree: Tree, columns: Columns) -> Iterator[_Found]:
    for insert in nodes(tree, "InsertStmt"):
        known = columns.of(range_var(insert["relation"]))
        named = [item["ResTarget"]["name"] for item in insert.get("cols", ())]
        types = [known.get(name) for name in named or known]
        for row in _rows(insert.get("selectStmt", {}).get("SelectStmt", {})):
            for value, type_ in zip(row, types, strict=False):
                yield from _constant(value, type_)


def _rows(select: Tree) -> list[Sequence[Tree]]:
    """What VALUES lists, or a plain SELECT selects."""
    rows = [row["List"]["items"] for row in select.get("valuesLists", ())]
    if not rows and select.get("op") == "SETOP_NONE":
        rows = [[item["ResTarget"].get("val", {}) for item in select.get("targetList", ())]]
    return rows


def _updated(tree: Tree, columns: Columns) -> Iterator[_Found]:
    for update in nodes(tree, "UpdateStmt"):
        known = columns.of(range_var(update["relation"]))
        for item in update["targetList"]:
            target = item["ResTarget"]
            yield from _constant(target.get("val", {}), known.get(target["name"]))


def _altered(tree: Tree, columns: Columns) -> Iterator[_Found]:
    alter = tree.get("AlterTableStmt", {})
    known = columns.of(range_var(alter["relation"])) if "relation" in alter else {}
    for command in nodes(alter, "AlterTableCmd"):
        if command.get("subtype") == "AT_ColumnDefault":
            yield from _constant(command.get("def", {}), known.get(command["name"]))


def _constant(node: Tree, type_: Name | None) -> Iterator[_Found]:
    constant = node.get("A_Const", {})
    if type_ is not None and "sval" in constant:
        yield constant["sval"].get("sval", ""), type_, constant.get("location", 0)


def _compared(tree: Tree, columns: Columns) -> Iterator[_Found]:
    """Columns beside a string, in a statement about one table: of several, it may be any's."""
    relations = {range_var(fields): fields for fields in _relations(tree)}
    if len(relations) != 1 or any(True for kind in _HIDING for _ in nodes(tree, kind)):
        return
    ((table, _),) = relations.items()
    known = columns.of(table)
    for comparison in nodes(tree, "A_Expr"):
        if not _COMPARES.issuperset(strings(comparison["name"])):
            continue
        sides = [comparison.get("lexpr", {}), comparison.get("rexpr", {})]
        for side, other in (sides, sides[::-1]):
            if "ColumnRef" in side:
                name = side["ColumnRef"]["fields"][-1].get("String", {}).get("sval", "")
                for value in other.get("List", {}).get("items", (other,)):
                    yield from _constant(value, known.get(name))


# What may give another meaning to the name of a table or a column.
_HIDING = ("CommonTableExpr", "RangeSubselect", "RangeFunction")


def _relations(tree: Tree) -> Iterator[Tree]:
    yield from nodes(tree, "RangeVar")
    ((_, fields),) = tree.items()
    if "relation" in fields and "relname" in fields["relation"]:
        yield fields["relation"]


def _in_body(
    script: Script, span: Span, tree: Tree, columns: Columns
) -> Iterator[tuple[str, Name]]:
    for kind, name in (("CreateFunctionStmt", "options"), ("DoStmt", "args")):
        if kind not in tree:
            continue
        given = {
            d["DefElem"]["defname"]: d["DefElem"].get("arg", {}) for d in tree[kind].get(name, ())
        }
        language = given.get("language", {}).get("String", {}).get("sval", "plpgsql")
        if kind == "CreateFunctionStmt":
            if language == "sql" and "as" in given and not _BODIES_OFF.search(script.source):
                yield from _in_sql(strings(given["as"]["List"]["items"])[0], columns)
        elif language == "plpgsql":
            for query in _reached(parse_plpgsql(script, span)):
                yield from _in_sql(query, columns)


def _in_sql(text: str, columns: Columns) -> Iterator[tuple[str, Name]]:
    body = Script("", text.encode())
    try:
        spans = split(body)
    except MigrationFileError:
        return  # the server will say what is wrong with it
    for index, span in enumerate(spans, 1):
        for label, type_, _ in _in_tree(parse(body, span, index=index).tree, columns):
            yield label, type_


_LEAVES = ("PLpgSQL_stmt_return", "PLpgSQL_stmt_raise", "PLpgSQL_stmt_exit", "PLpgSQL_stmt_assert")


def _reached(functions: Sequence[Any]) -> Iterator[str]:
    """The SQL that a DO runs in any case."""
    for function in functions:
        block = function["PLpgSQL_function"]["action"]["PLpgSQL_stmt_block"]
        yield from _of_block(block)


def _of_block(block: Tree) -> Iterator[str]:
    if "exceptions" in block:
        return  # what fails in it may be caught
    for statement in block.get("body", ()):
        ((kind, fields),) = statement.items()
        if kind == "PLpgSQL_stmt_block":
            yield from _of_block(fields)
        elif kind in {"PLpgSQL_stmt_execsql", "PLpgSQL_stmt_perform"}:
            yield from (e["query"] for e in nodes(fields, "PLpgSQL_expr"))
        if kind in _LEAVES or any(True for leave in _LEAVES for _ in nodes(fields, leave)):
            return
