"""What is missing or extra and cannot be made, or dropped, by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wishkit.core.ddl.model import INNER, number
from wishkit.core.ddl.tables import table_of
from wishkit.core.ddl.types import shell_of
from wishkit.core.schema import Identity

if TYPE_CHECKING:
    from collections.abc import Collection

    from wishkit.core.ddl.model import Whole
    from wishkit.core.remedy.model import Name
    from wishkit.core.schema import Attributes, Difference


def limit(difference: Difference, want: Whole, have: Whole) -> str | None:
    """Why an object cannot be made or dropped by itself; None if it can.

    Args:
        difference: an object that is missing or extra.
        want: how the database should be.
        have: how it is.
    """
    identity = difference.identity
    whole = have if difference.type == "extra" else want
    its = whole.items[identity]
    if identity.kind == "attribute":
        return _attribute(identity, want, have)
    if identity == Identity("schema", ("public",)):
        return "every database begins with this schema"
    if identity.kind == "base type":
        return _base_type(difference, want, have)
    if identity.kind == "operator class":
        name = tuple(str(its.get("family")).replace('"', "").split("."))
        family = Identity("operator family", (*name, identity.name[-1]))
        if family in want.items and family in have.items:
            return "its members are those of its family, which is there"
    if identity.kind == "trigger" and its.get("copied_from") and difference.type == "extra":
        return "it is the copy of a trigger of the whole: ALTER TABLE … ENABLE or DISABLE it"
    return None


def partition_limit(
    difference: Difference, want: Whole, have: Whole, extra: Collection[Identity]
) -> str | None:
    """Why something comes and goes with a partition, or with an index of the whole table.

    Args:
        difference: an object that is missing or extra.
        want: how the database should be.
        have: how it is.
        extra: everything that is to be dropped.
    """
    whole = have if difference.type == "extra" else want
    table = _table(difference.identity, whole)
    if table is None:
        return None
    sides = (want.items.get(table, {}), have.items.get(table, {}))
    if all(sides) and sides[0].get("partition_of") != sides[1].get("partition_of"):
        return "it goes with the partition that its table is or was"
    parents = whole.mentioned(str(whole.items[difference.identity].get("partition_of") or ""))
    if difference.type == "extra" and parents and table not in extra and parents.isdisjoint(extra):
        return "it is one with the index of the whole table"
    return None


def _table(identity: Identity, whole: Whole) -> Identity | None:
    if identity.kind == "index":
        return table_of(identity, whole)
    if identity.kind in INNER:
        return Identity(whole.kind_of(identity.name[:-1]) or "table", identity.name[:-1])
    return None


def _base_type(difference: Difference, want: Whole, have: Whole) -> str | None:
    """A base type and its functions need each other."""
    identity = difference.identity
    if difference.type == "extra":
        defined = have.items[identity].get("defined") is not False
        return "a base type and its functions stand on each other" if defined else None
    parts = shell_of(identity, want.items[identity])
    there = any(it in have.items for part in parts for it in want.mentioned(part))
    return "a base type and its functions stand on each other" if there else None


def in_order(of: Name, want: Whole, have: Whole) -> bool:
    """Whether the attributes that a composite type has on both sides have one order."""
    orders = [
        [it for it, _ in one.parts(of, "attribute") if it in other.items]
        for one, other in ((want, have), (have, want))
    ]
    return orders[0] == orders[1]


def _attribute(identity: Identity, want: Whole, have: Whole) -> str | None:
    """Attributes come last, and go from anywhere; but their order is that of the values."""
    of = identity.name[:-1]
    kept = {
        it: (number(want.items[it].get("position")), number(its.get("position")))
        for it, its in have.parts(of, "attribute")
        if it in want.items
    }
    last = max((at for at, _ in kept.values()), default=0)
    for it, its in want.parts(of, "attribute"):
        if it not in kept and number(its.get("position")) < last:
            return "a new attribute comes last, and this one is not the last"
    return None


def renamed(
    missing: Identity, extra: Collection[Identity], want: Whole, have: Whole
) -> Identity | None:
    """The index that is the same but for its name."""
    if missing.kind != "index":
        return None
    for it in sorted(extra):
        if it.kind != "index" or it.name[0] != missing.name[0]:
            continue
        if _nameless(want.items[missing]) == _nameless(have.items[it]):
            return it
    return None


def _nameless(its: Attributes) -> dict[str, object]:
    head, _, tail = str(its.get("definition")).partition(" ON ")
    return {**its, "definition": (head.startswith("CREATE UNIQUE"), tail)}
