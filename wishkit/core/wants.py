"""Which locks of a statement would make others wait."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from wishkit.core.locks import LockMode, Reach

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wishkit.core.locks import Effects


@dataclass(frozen=True, slots=True)
class Want:
    """A lock that a statement needs on a relation that others may be using.

    Attributes:
        mode: how strong.
        relation: as written, every part quoted.
        descendants: whether its partitions and children are locked as well.
    """

    mode: LockMode
    relation: str
    descendants: bool = False


def wants(effects: Iterable[Effects]) -> tuple[Want, ...]:
    """The locks of statements that block readers or writers of relations already there."""
    found: dict[tuple[str, bool], LockMode] = {}
    for effect in effects:
        below = {(b.schema, b.name) for b in effect.beyond if b.reach is Reach.DESCENDANTS}
        for lock in effect.locks:
            if not lock.mode.blocks_writes:
                continue
            name = ".".join(_quoted(p) for p in (lock.schema, lock.name) if p)
            key = (name, (lock.schema, lock.name) in below)
            found[key] = max(found.get(key, lock.mode), lock.mode)
    return tuple(Want(mode, name, below) for (name, below), mode in found.items())


def _quoted(identifier: str) -> str:
    return '"' + identifier.replace('"', '""') + '"'
