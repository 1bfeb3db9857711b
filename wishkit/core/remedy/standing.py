"""What stands on what in a database: it has to go first, and is made again after."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING

from wishkit.core.ddl.layout import TABLES
from wishkit.core.ddl.model import INNER
from wishkit.core.ddl.names import dotted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wishkit.core.ddl.statements import Draft
    from wishkit.core.schema import Identity

# Statements of their own that are about another object.
COMPANIONS = frozenset({"attachment", "shell type"})
# What fixes the type of a column that it names; indexes and constraints the server makes again.
_FIXING = frozenset({"view", "materialized view", "rule", "policy", "trigger"})
_TEXTS = frozenset({"definition", "using", "check"})


class Standing:
    """Which objects cannot be without others.

    Args:
        have: the database that is changed.
    """

    def __init__(self, have: Draft) -> None:
        self._have = have
        self._users: defaultdict[Identity, set[Identity]] = defaultdict(set)
        for it, needs in have.needs.items():
            if it.kind not in COMPANIONS:
                for need in needs:
                    self._users[need].add(it)

    def above(self, start: Identity) -> set[Identity]:
        """What stands on an object, directly or on what does."""
        found: set[Identity] = set()
        rest = [start]
        while rest:
            it = rest.pop()
            new = (self._users[it] | set(self._keys_to(it))) - found - {start}
            found |= new
            rest += new
        return found

    def on_column(self, column: Identity) -> set[Identity]:
        """What names a column, so that its type is fixed; and what stands on that."""
        items = self._have.whole.items
        table, name = column.name[:-1], column.name[-1]
        word = re.compile(rf"(?<![\w.])(?:\w+\.)?{re.escape(dotted((name,)))}(?!\w)")
        home = next((it for it in self._have.whole.named(table) if it.kind in TABLES), column)
        within = {it for it in items if it.kind in INNER and it.name[:-1] == table}
        found = set()
        for it in self._users[home] | within:
            texts = (str(value) for key, value in items.get(it, {}).items() if key in _TEXTS)
            if it.kind in _FIXING and word.search(" ".join(texts)):
                found |= {it} | self.above(it)
        return found

    def _keys_to(self, identity: Identity) -> Iterator[Identity]:
        """Foreign keys that refer to a key."""
        items = self._have.whole.items
        its = items.get(identity, {})
        if its.get("type") not in {"primary key", "unique"}:
            return
        text = str(its.get("definition"))
        columns = text[text.find("(") : text.find(")") + 1].replace(" WITHOUT OVERLAPS", "")
        target = f"REFERENCES {dotted(identity.name[:-1])}{columns}"
        for it, other in items.items():
            definition = str(other.get("definition")).replace("PERIOD ", "")
            if other.get("type") == "foreign key" and target in definition:
                yield it
