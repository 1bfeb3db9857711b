"""What belongs to what: with a table come and go its columns, its indexes, its sequences."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from wishkit.core.ddl.layout import TABLES
from wishkit.core.ddl.model import INNER, texts_of
from wishkit.core.ddl.tables import table_of
from wishkit.core.schema import Identity

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from wishkit.core.ddl.model import Whole
    from wishkit.core.ddl.statements import Draft
    from wishkit.core.schema import Difference

# Whoever has columns: with it, all that is within it comes and goes.
HOLDERS = TABLES | {"view", "materialized view", "domain", "composite type"}


def holder(identity: Identity, whole: Whole) -> Identity | None:
    """What a column, a constraint, a trigger and the like are within."""
    if identity.kind not in INNER:
        return None
    return next((it for it in whole.named(identity.name[:-1][:2]) if it.kind in HOLDERS), None)


@dataclass(frozen=True, slots=True)
class Belonging:
    """Which differences are told by another one.

    Attributes:
        want: how the database should be.
        have: how it is.
        missing: objects.
        extra: objects.
        rebuilt: objects that are dropped and made again.
    """

    want: Draft
    have: Draft
    missing: Mapping[Identity, Difference]
    extra: Mapping[Identity, Difference]
    rebuilt: Mapping[Identity, Difference]

    def within(self, difference: Difference) -> bool:
        """Whether something is within what comes, goes or is made again as a whole."""
        identity = difference.identity
        whole = (self.have if difference.type == "extra" else self.want).whole
        of = holder(identity, whole)
        if of is None:
            return False
        if difference.type == "extra":
            if of in self.extra:
                return True
        elif of in self.missing or (of in self.rebuilt and identity.kind == "column"):
            # What is not folded into CREATE TABLE has commands of its own.
            made_with = identity.kind in {"column", "attribute"}
            return made_with or not self.want.commands.get(identity)
        return self._by_parent(difference, of, whole)

    def _by_parent(self, difference: Difference, of: Identity, whole: Whole) -> bool:
        """Whether what a table inherits, or has of its type, says it."""
        identity = difference.identity
        its = whole.items[identity]
        if identity.kind == "column" and whole.items[of].get("of_type") and self._typed_before(of):
            return {it.attribute for it in difference.changes} <= {"type", "collation", "position"}
        if difference.type == "different":
            return False
        view = identity.kind == "column" and of.kind in {"view", "materialized view"}
        return view or (bool(its.get("inherited")) and not its.get("local"))

    def _typed_before(self, table: Identity) -> bool:
        types = {side.whole.items.get(table, {}).get("of_type") for side in (self.want, self.have)}
        return len(types) == 1

    def follows(self, identity: Identity, among: Collection[Identity]) -> bool:
        """Whether it comes and goes with something else: a sequence with its column."""
        extra = among is self.extra
        whole = (self.have if extra else self.want).whole
        its = whole.items[identity]
        if identity.kind == "sequence":
            if texts_of(its.get("identity_of")):
                return True
            column = texts_of(its.get("owned_by"))
            owners = {Identity("column", column), Identity("table", column[:2])}
            return extra and bool(column) and not owners.isdisjoint(among)
        if identity.kind == "index" and extra:
            parents = whole.mentioned(str(its.get("partition_of") or ""))
            return table_of(identity, whole) in among or not parents.isdisjoint(among)
        return False
