"""Which locks of a statement would make others wait."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from wishkit.core.locks import Beyond, Lock, LockMode, Reach

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wishkit.core.locks import Effects


@dataclass(frozen=True, slots=True)
class Want:
    """A lock that a statement needs on a relation that others may be using.

    Attributes:
        mode: how strong.
        relation: as written, every part quoted.
        reach: which relations around it are meant instead of itself; None: itself.
        spread: whether the descendants of ``relation``, or theirs, are meant as well.
    """

    mode: LockMode
    relation: str
    reach: Reach | None = None
    spread: bool = False


def wants(effects: Iterable[Effects]) -> tuple[Want, ...]:
    """The locks of statements that block readers or writers of relations already there.

    Where only running a statement would tell (``Effects.known``), and for what hangs together by
    more than one step (what triggers touch, everything that depends on a type), nothing is told
    here: whoever turns out to be in the way is seen when the statement waits for them.
    """
    found: dict[tuple[str, Reach | None, bool], LockMode] = {}
    for effect in effects:
        spreading = {(b.schema, b.name) for b in effect.beyond if b.reach is Reach.DESCENDANTS}
        locks: tuple[Lock | Beyond, ...] = (*effect.locks, *effect.beyond)
        for lock in locks:
            reach = lock.reach if isinstance(lock, Beyond) else None
            name = ".".join(_quoted(p) for p in (lock.schema, lock.name) if p)
            if not name or not lock.mode.blocks_writes or reach not in _FOUND:
                continue
            key = (name, reach, (lock.schema, lock.name) in spreading)
            found[key] = max(found.get(key, lock.mode), lock.mode)
    return tuple(Want(mode, name, reach, spread) for (name, reach, spread), mode in found.items())


# What relations_wanted.sql can find; the descendants are told by ``spread``.
_FOUND = {
    None,
    *(Reach.TABLE, Reach.PARENT, Reach.DEFAULT_PARTITION, Reach.REFERENCED, Reach.REFERENCING),
}


def _quoted(identifier: str) -> str:
    return '"' + identifier.replace('"', '""') + '"'
