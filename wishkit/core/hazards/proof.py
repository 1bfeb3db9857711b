"""Which columns a CHECK does not let be NULL."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wishkit.core.locks.tree import node
from wishkit.core.script import Script
from wishkit.core.statements import Span, parse

if TYPE_CHECKING:
    from wishkit.core.locks.tree import Tree


def proves(expression: Tree) -> frozenset[str]:
    """Columns whose IS NOT NULL is all of an expression, or a part joined to others by AND.

    PostgreSQL's own prover (predicate_implied_by, which SET NOT NULL asks) sees more, such as both
    sides of an OR; to see less only asks for a CHECK that says it plainly.
    """
    kind, fields = node(expression)
    if kind == "BoolExpr" and fields["boolop"] == "AND_EXPR":
        return frozenset().union(*(proves(item) for item in fields["args"]))
    if kind == "NullTest" and fields["nulltesttype"] == "IS_NOT_NULL":
        inner, column = node(fields["arg"])
        if inner == "ColumnRef" and len(column["fields"]) == 1:
            return frozenset({column["fields"][0]["String"]["sval"]})
    return frozenset()


def proves_definition(definition: str) -> frozenset[str]:
    """The same for a CHECK as pg_get_constraintdef writes it."""
    if "IS NOT NULL" not in definition:
        return frozenset()
    source = f"ALTER TABLE t ADD {definition}".encode()
    tree = parse(Script("", source), Span(0, len(source)), index=1).tree
    (command,) = tree["AlterTableStmt"]["cmds"]
    return proves(command["AlterTableCmd"]["def"]["Constraint"]["raw_expr"])
