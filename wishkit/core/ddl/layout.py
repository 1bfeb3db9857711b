"""Where in a text something is read: under which heading, and with which table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wishkit.core.ddl.kinds import EARLY, KINDS, REFERENCES, SECTIONS, WITHIN
from wishkit.core.ddl.model import INNER, text_of, texts_of
from wishkit.core.ddl.order import in_order, reached
from wishkit.core.ddl.tables import table_of

if TYPE_CHECKING:
    from wishkit.core.ddl.model import Whole
    from wishkit.core.ddl.statements import Draft
    from wishkit.core.schema import Identity

TABLES = frozenset({"table", "foreign table"})
_ROUTINES = frozenset({"function", "procedure", "aggregate"})
# Where something is read that goes with no table.
_ELSEWHERE = {"constraint": "Types", "shell type": "Types", "index": "Views", "rule": "Views",
              "trigger": "Views"}  # fmt: skip


class Layout:
    """The places of all statements of a draft.

    Args:
        found: no statement of it needs itself, be it through others.
    """

    def __init__(self, found: Draft) -> None:
        self._found = found
        self._homes = {it: home(it, found.whole) for it in found.needs}
        tables = {it for it in found.needs if it.kind in TABLES}
        self._early = reached({it for it, at in self._homes.items() if at}, found.needs)
        # A table comes with all that goes with it before the next one does.
        between = {it: (found.needs[it] | _whole_of(it, found.whole)) & tables for it in tables}
        order = in_order(between, lambda it: it.name)
        self._rank = {it: at for at, it in enumerate(order, 1)}

    def ordered(self) -> list[Identity]:
        """Everything, behind what it needs and else as it is read best."""
        return in_order(self._found.needs, self._place)

    def home(self, identity: Identity) -> Identity:
        """What something is read with: its table, view or domain, or itself."""
        if identity.kind in INNER and self._homes[identity] is None:
            kind = self._found.whole.kind_of(identity.name[:2])
            return identity._replace(kind=kind or identity.kind, name=identity.name[:2])
        return self._homes[identity] or identity

    def section(self, identity: Identity) -> str:
        """The heading something is read under."""
        kind = identity.kind
        if kind in _ROUTINES and identity in self._early:
            return EARLY
        if identity in self._found.references:
            return REFERENCES
        if self._homes[identity] is None and kind in _ELSEWHERE:
            return _ELSEWHERE[kind]
        return KINDS[kind].section if kind in KINDS else _ELSEWHERE.get(kind, "Tables")

    def _place(self, identity: Identity) -> tuple[object, ...]:
        kind, name = identity
        section = self.section(identity)
        at = SECTIONS.index(section)
        within = WITHIN.index(kind) if kind in WITHIN else 0
        if kind in {"schema", "extension"}:
            return at, int(kind == "extension"), (), 0, name
        table = self._homes[identity]
        rank = self._rank.get(table, 0) if table and section == "Tables" else 0
        # A view's triggers, and a domain's constraints, follow it.
        group = name[:2] if table is None else ()
        return at, rank, group, within, name, kind


def _whole_of(table: Identity, whole: Whole) -> set[Identity]:
    """The table that one is a partition of: it is read first, whichever is made first."""
    return whole.mentioned(text_of(whole.items[table], "partition_of") or "")


def home(identity: Identity, whole: Whole) -> Identity | None:
    """The table that something is read with; itself for a table; None for what goes with none."""
    kind, name = identity
    if kind in TABLES:
        return identity
    owner: tuple[str, ...] = ()
    if kind == "attachment":
        owner = texts_of(whole.items.get(identity._replace(kind="sequence"), {}).get("owned_by"))
        owner = owner or name
    elif kind == "sequence":
        attributes = whole.items[identity]
        owner = texts_of(attributes.get("owned_by")) or texts_of(attributes.get("identity_of"))
    elif kind == "index":
        found = table_of(identity, whole)
        return found if found and found.kind in TABLES else None
    elif kind in INNER:
        owner = name
    elif kind == "statistics":
        definition = text_of(whole.items[identity], "definition") or ""
        named = whole.mentioned(definition.rpartition(" FROM ")[2])
        return next((it for it in sorted(named) if it.kind in TABLES), None)
    return next((it for it in whole.named(owner[:2]) if it.kind in TABLES), None)
