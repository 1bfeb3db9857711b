"""Whether ALTER COLUMN TYPE leaves the rows of a table as they are.

Source: ATColumnChangeRequiresRewrite in src/backend/commands/tablecmds.c, and the functions that
the planner asks about changes of length: varchar_support, varbit_support, numeric_support and
TemporalSimplify. A test compares every answer with a real server.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wishkit.core.hazards.model import Column, Type, TypeName
from wishkit.core.locks.tree import Tree, dotted, node, strings

if TYPE_CHECKING:
    from collections.abc import Callable

    from wishkit.core.hazards.model import Facts

# OIDs of built-in types (pg_type.dat), which never change.
_TEXT, _VARCHAR, _NUMERIC = 25, 1043, 1700
_TIME, _TIMESTAMP, _TIMESTAMPTZ, _TIMETZ = 1083, 1114, 1184, 1266
_VARBIT = 1562
_HEADER = 4  # VARHDRSZ, which modifiers of lengths and of numeric include
_MICROSECONDS = 6  # what a timestamp without a precision keeps


def type_name(tree: Tree) -> TypeName:
    """The type that a TypeName node names."""
    return TypeName(dotted(strings(tree["names"])), array="arrayBounds" in tree)


def keeps_rows(old: Column, tree: Tree, facts: Facts, *, utc: bool) -> bool:
    """Whether a column of a type becomes one of another without a row being written.

    Args:
        old: the column as it is.
        tree: the TypeName node of what it is to become.
        facts: knows the type, and which types are binary-coercible.
        utc: whether the session's time zone is UTC.

    Returns:
        False also where it cannot be told.
    """
    new = facts.types.get(type_name(tree))
    if new is None or not old.base:
        return False
    if old.declared == new.declared != new.base:
        return True  # a domain stays what it is
    length = modifier(new, tree)
    if length is None or new.constrained:
        return False
    before = old.modifier
    if old.base != new.base:
        pair = (old.base, new.base)
        same_time = utc and set(pair) == {_TIMESTAMP, _TIMESTAMPTZ}
        if pair not in facts.coercible and not same_time:
            return False
        before = -1  # the old length ends with the old type
    if length in {-1, before}:
        return True
    wider = _WIDER.get(new.base)
    return wider is not None and wider(before, length)


def keeps_indexes(old: Column, tree: Tree, facts: Facts) -> bool:
    """Whether the indexes on a column whose rows are kept are kept as well.

    They are where the operator class stays (CheckIndexCompatible in indexcmds.c), as for text and
    varchar, which share theirs; of others it is not known here.
    """
    new = facts.types.get(type_name(tree))
    return new is not None and (old.base == new.base or {old.base, new.base} <= {_TEXT, _VARCHAR})


def plain_conversion(using: Tree | None, column: str, tree: Tree) -> bool:
    """Whether USING says no more than what would happen without it."""
    if using is None:
        return True
    kind, fields = node(using)
    if kind == "TypeCast" and _same(fields["typeName"], tree):
        kind, fields = node(fields["arg"])
    return kind == "ColumnRef" and fields["fields"] == [{"String": {"sval": column}}]


def _same(one: Tree, other: Tree) -> bool:
    return type_name(one) == type_name(other) and _numbers(one) == _numbers(other)


def _numbers(tree: Tree) -> list[int] | None:
    """The modifiers as numbers; None where they are something else."""
    found = []
    for item in tree.get("typmods", ()):
        value: dict[str, Any] | None = item.get("A_Const", {}).get("ival")
        if value is None:
            return None
        found.append(value.get("ival", 0))
    return found


def modifier(new: Type, tree: Tree) -> int | None:
    """The modifier that a type and its written numbers come to; None where it is not known."""
    numbers = _numbers(tree)
    if numbers is None:
        return None
    if not numbers:
        return new.modifier
    written = dotted(strings(tree["names"])).name
    if written == "numeric":
        precision, scale = (*numbers, 0)[:2]
        return ((precision << 16) | (scale & 0x7FF)) + _HEADER
    if written in {"varchar", "bpchar"}:
        return numbers[0] + _HEADER
    if written in {"bit", "varbit", "timestamp", "timestamptz", "time", "timetz"}:
        return numbers[0]
    return None


def _longer(old: int, new: int) -> bool:
    return old != -1 and new >= old


def _wider_numeric(old: int, new: int) -> bool:
    if old == -1:
        return False
    (old_precision, old_scale), (precision, scale) = (
        divmod(modifier - _HEADER, 1 << 16) for modifier in (old, new)
    )
    return scale == old_scale and precision >= old_precision


def _as_exact(old: int, new: int) -> bool:
    return new >= _MICROSECONDS or _longer(old, new)


_WIDER: dict[int, Callable[[int, int], bool]] = {
    _VARCHAR: _longer,
    _VARBIT: _longer,
    _NUMERIC: _wider_numeric,
    **dict.fromkeys((_TIME, _TIMETZ, _TIMESTAMP, _TIMESTAMPTZ), _as_exact),
}
