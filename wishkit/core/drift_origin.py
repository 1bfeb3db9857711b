"""Which migration makes an object, and which of them are only half there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from wishkit.core.drift_words import object_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from wishkit.core.locks import Effects
    from wishkit.core.migration import Migration
    from wishkit.core.schema import Identity

# Parts of a relation, told by its name and theirs.
PARTS = frozenset({"column", "constraint", "trigger", "rule", "policy"})
_Key = tuple[str, str | None, str, str | None]  # what kind of thing, schema, name, part


@dataclass(frozen=True, slots=True)
class HalfThere:
    """A migration of which the database has some objects and not the others.

    Attributes:
        id: which one.
        recorded: what the ledger says of it.
        contrary: objects that say otherwise, in words: missing ones of an applied migration, those
            that are there of one that is not applied.
        others: how many objects it makes besides them.
    """

    id: str
    recorded: Literal["applied", "not applied"]
    contrary: tuple[str, ...]
    others: int


class Makers:
    """Which migration makes what, by their texts; what a DO block makes cannot be told.

    Args:
        migrations: in the order in which they run; of two that make the same, the later counts.
    """

    def __init__(self, migrations: Iterable[Migration]) -> None:
        self._by: dict[_Key, str] = {}
        for migration in migrations:
            for effect in _effects(migration):
                for old, new in effect.renames:
                    self._rename((old.schema, old.name), (new.schema, new.name))
                for ref in effect.creates:
                    part = ref.column if ref.kind in PARTS else None
                    self._by[_group(ref.kind), ref.schema, ref.name, part] = migration.id

    def of(self, identity: Identity) -> str | None:
        """The migration that makes an object, or what it is a part of; None: not known."""
        found = self.exactly(identity)
        if found is None and identity.kind in PARTS:
            return self._find("relation", identity.name[0], identity.name[1], None)
        return found

    def exactly(self, identity: Identity) -> str | None:
        """The migration that makes this very object by a statement or clause of its own."""
        group, name = _group(identity.kind), identity.name
        if len(name) == 1:
            return self._find(group, None, name[0], None)
        if identity.kind in PARTS:
            return self._find(group, name[0], name[1], name[2]) if name[2:] else None
        return self._find(group, name[0], name[1], None)

    def count(self, id_: str) -> int:
        """How many objects a migration makes."""
        return sum(it == id_ for it in self._by.values())

    def _find(self, group: str, schema: str | None, name: str, part: str | None) -> str | None:
        written = self._by.get((group, schema, name, part))
        return written or self._by.get((group, None, name, part))

    def _rename(self, old: tuple[str | None, str], new: tuple[str | None, str]) -> None:
        for key, id_ in list(self._by.items()):
            group, schema, name, part = key
            if (schema, name) == old and group in {"relation", *PARTS}:
                del self._by[key]
                self._by[group, *new, part] = id_


def half_there(
    makers: Makers, *, missing: Iterable[Identity], there: Iterable[Identity]
) -> tuple[HalfThere, ...]:
    """Applied migrations that make several objects of which the database lacks some.

    Args:
        makers: of the migrations that are applied.
        missing: objects that the database lacks.
        there: objects it has.
    """
    lacks = _by_migration(makers, missing)
    has = _by_migration(makers, there) if lacks else {}
    return tuple(
        HalfThere(id_, "applied", tuple(words), len(has.get(id_, ())))
        for id_, words in sorted(lacks.items())
        if len(words) + len(has.get(id_, ())) > 1
    )


def begun(makers: Makers, extra: Iterable[Identity]) -> tuple[HalfThere, ...]:
    """Migrations that are not applied, and of which the database has some objects.

    Args:
        makers: of the migrations that are not applied.
        extra: objects that the database has and no applied migration makes.
    """
    has = _by_migration(makers, extra)
    return tuple(
        HalfThere(id_, "not applied", tuple(words), makers.count(id_) - len(words))
        for id_, words in sorted(has.items())
    )


def _by_migration(makers: Makers, objects: Iterable[Identity]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for identity in objects:
        if id_ := makers.exactly(identity):
            found.setdefault(id_, []).append(object_words(identity))
    return {id_: sorted(words) for id_, words in found.items()}


def _group(kind: str) -> str:
    """One word for kinds of objects that share their names, or that a text cannot tell apart."""
    return _GROUPS.get(kind, kind)


_GROUPS = (
    dict.fromkeys(
        (
            "table",
            "partitioned table",
            "partition",
            "foreign table",
            "view",
            "materialized view",
            "index",
            "partitioned index",
            "sequence",
        ),
        "relation",
    )
    | dict.fromkeys(
        ("enum", "domain", "composite", "composite type", "range", "range type", "base type"),
        "type",
    )
    | dict.fromkeys(("procedure", "aggregate", "window function", "routine"), "function")
)


def _effects(migration: Migration) -> Iterator[Effects]:
    from wishkit.core.batches import parsed  # noqa: PLC0415 - the parser is heavy
    from wishkit.core.statements import split  # noqa: PLC0415 - as above

    for _, _, _, what in parsed(migration.forward, split(migration.forward)):
        if what:
            yield what
