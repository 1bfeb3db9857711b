"""What a database consists of, object by object, and where two of them differ."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias

Value: TypeAlias = "str | int | bool | tuple[Value, ...] | None"
# Only what is not the default, and the same on every major where the schema is the same.
Attributes: TypeAlias = Mapping[str, Value]

# Stand for whoever owns the object and for everybody in `grants`; no role can be named so by
# accident.
OWNER = "<owner>"
PUBLIC = "<public>"

# The first major with the privilege MAINTAIN on tables, and with NOT NULL as a constraint of its
# own (release notes of 17 and 18). Older servers cannot say these things.
MAINTAIN_SINCE = 170000
NAMED_NOT_NULL_SINCE = 180000


class Identity(NamedTuple):
    """What an object is called, wherever it is; never an OID.

    Attributes:
        kind: such as ``table``, ``column``, ``constraint``, ``index``, ``function``, ``enum``.
        name: raw, unquoted parts from the outside in: ``("public", "wishlist_items", "price")``
            for a column; a function ends with its identity arguments.
    """

    kind: str
    name: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All objects of a database at one moment.

    Attributes:
        version: ``server_version_num``.
        items: every object; those within others (columns, constraints, …) as items of their own.
        unseen: system catalogs that this role may not read.
    """

    version: int
    items: Mapping[Identity, Attributes]
    unseen: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """One attribute that differs; None stands for the default."""

    attribute: str
    expected: Value
    actual: Value


@dataclass(frozen=True, slots=True)
class Difference:
    """An object that is missing, extra or different in the actual database.

    Attributes:
        type: which of the three.
        identity: of the object.
        changes: what differs, if the object is in both.
        expected: all its attributes; None if it is extra.
        actual: all its attributes; None if it is missing.
    """

    type: Literal["missing", "extra", "different"]
    identity: Identity
    changes: tuple[Change, ...]
    expected: Attributes | None
    actual: Attributes | None


def compare(
    expected: Snapshot, actual: Snapshot, *, column_order: bool = False
) -> tuple[Difference, ...]:
    """Where two databases differ, in order of kind and name.

    What only one of the two servers can express, being newer, or only one of the two roles may see
    (`hidden` names it) is not compared, nor is the version of an extension, if that is another
    server's.

    Args:
        expected: how it should be.
        actual: how it is.
        column_order: whether the order of a table's columns counts.
    """
    oldest = min(expected.version, actual.version)
    same_major = expected.version // 10000 == actual.version // 10000

    def differences() -> list[Difference]:
        found = []
        for identity in expected.items.keys() | actual.items.keys():
            here, there = expected.items.get(identity), actual.items.get(identity)
            if here == there:
                continue
            here, there = (_told(side, oldest) for side in (here, there))
            if here is None or there is None:
                if here is not None:
                    found.append(Difference("missing", identity, (), here, None))
                elif there is not None:
                    found.append(Difference("extra", identity, (), None, there))
                continue
            told = (here.keys() | there.keys()) - _hidden(here) - _hidden(there)
            if identity.kind == "column" and not column_order:
                told.discard("position")
            if identity.kind == "extension" and not same_major:
                told.discard("version")
            changes = tuple(
                Change(name, here.get(name), there.get(name))
                for name in sorted(told)
                if here.get(name) != there.get(name)
            )
            if changes:
                found.append(Difference("different", identity, changes, here, there))
        return found

    return tuple(sorted(differences(), key=lambda it: it.identity))


def _hidden(attributes: Attributes) -> set[str]:
    """What the role that looked may not see of an object."""
    names = attributes.get("hidden")
    return {"hidden", *map(str, names)} if isinstance(names, tuple) else set()


def _told(attributes: Attributes | None, version: int) -> Attributes | None:
    """What a server of this version could tell of an object; None for one it cannot have."""
    if attributes is None:
        return None
    if version < NAMED_NOT_NULL_SINCE and attributes.get("type") == "not null":
        return None
    grants = attributes.get("grants")
    if version < MAINTAIN_SINCE and isinstance(grants, tuple):
        rest = {name: value for name, value in attributes.items() if name != "grants"}
        kept = tuple(it for it in grants if isinstance(it, tuple) and it[1] != "MAINTAIN")
        return {**rest, "grants": kept} if kept else rest
    return attributes
