"""What is made of a snapshot: statements, and a view of it in which things are found."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from wishkit.core.ddl.names import names_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wishkit.core.schema import Attributes, Identity, Snapshot, Value

# What stands within a relation, a type or a domain: its name begins with the name of that.
INNER = frozenset({"attribute", "column", "constraint", "trigger", "policy", "rule"})


@dataclass(frozen=True, slots=True)
class Statement:
    """The SQL that makes one object.

    Attributes:
        identity: of the object.
        sql: one command or several, each with its semicolon.
        needs: objects that have to be there before; they are all in the same snapshot.
    """

    identity: Identity
    sql: str
    needs: tuple[Identity, ...]


class UnwritableError(Exception):
    """There is no SQL that makes this object safely; the message says why."""


class Whole:
    """A snapshot, and what is asked of it while it is written.

    Attributes:
        items: every object.
        owner: who owns most of them: in a text for any machine that is nobody by name.
        apart: constraints that are added when all tables are there, because tables need each other.
    """

    def __init__(self, snapshot: Snapshot) -> None:
        """Look through it once."""
        self.items = snapshot.items
        self.apart: set[Identity] = set()
        self._within: defaultdict[tuple[str, ...], list[Identity]] = defaultdict(list)
        self._named: defaultdict[tuple[str, ...], list[Identity]] = defaultdict(list)
        self.sequences: dict[tuple[str, ...], Identity] = {}
        owners: Counter[str] = Counter()
        for identity in sorted(self.items):
            attributes = self.items[identity]
            if (owner := text_of(attributes, "owner")) and identity.kind != "database":
                owners[owner] += 1
            if identity.kind in INNER:
                self._within[identity.name[:-1]].append(identity)
            elif len(identity.name) > 1:
                self._named[identity.name[:2]].append(identity)
            if column := texts_of(attributes.get("identity_of")):
                self.sequences[column] = identity
        for parts in self._within.values():
            parts.sort(key=lambda it: number(self.items[it].get("position")))
        self.owner = owners.most_common(1)[0][0] if owners else None

    def parts(self, name: tuple[str, ...], *kinds: str) -> Iterator[tuple[Identity, Attributes]]:
        """What of some kinds stands within an object; columns in their order."""
        for identity in self._within.get(name, ()):
            if identity.kind in kinds:
                yield identity, self.items[identity]

    def kind_of(self, name: tuple[str, ...]) -> str | None:
        """What it is that has columns, constraints or triggers."""
        kinds = {it.kind for it in self._named.get(name[:2], ())}
        return next((it for it in _WITH_PARTS if it in kinds), None)

    def mentioned(self, text: str) -> set[Identity]:
        """The objects that a text names."""
        return {it for name in set(names_in(text)) for it in self._named.get(name, ())}

    def named(self, name: tuple[str, ...]) -> list[Identity]:
        """All objects of a schema and a name; overloaded functions are several."""
        return self._named.get(name, [])


_WITH_PARTS = (
    "table",
    "foreign table",
    "view",
    "materialized view",
    "domain",
    "composite type",
)


def number(value: Value) -> int:
    """An attribute that is a number; 0 where it is not there."""
    return int(value) if isinstance(value, int | str) else 0


def text_of(attributes: Attributes, name: str) -> str | None:
    """An attribute as text; None where it is not there."""
    value = attributes.get(name)
    return None if value is None or isinstance(value, tuple) else str(value)


def texts_of(value: Value) -> tuple[str, ...]:
    """An attribute that is a list of texts."""
    return tuple(map(str, value)) if isinstance(value, tuple) else ()
