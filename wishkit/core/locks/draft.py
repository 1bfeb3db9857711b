"""Where the effects of one statement are gathered while its parse tree is read."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

from wishkit.core.locks.model import Beyond, Effects, Lock, LockMode, Name, ObjectRef, Reach
from wishkit.core.locks.tree import written

if TYPE_CHECKING:
    from collections.abc import Mapping

_NOTHING: Mapping[Reach, LockMode] = MappingProxyType({})


@dataclass(slots=True)
class Draft:
    """Effects in the making.

    Attributes:
        created: relations created earlier in the file: a lock on them blocks nobody.
        filled: those of them that may hold rows by now.
    """

    created: frozenset[tuple[str | None, str]] = frozenset()
    filled: frozenset[tuple[str | None, str]] = frozenset()
    command: str = ""
    known: bool = True
    autocommit: bool = False
    long: bool = False
    rewrites: list[str] = field(default_factory=list)
    scans: list[str] = field(default_factory=list)
    unsure: list[str] = field(default_factory=list)
    creates: list[ObjectRef] = field(default_factory=list)
    drops: list[ObjectRef] = field(default_factory=list)
    renames: list[tuple[Name, Name]] = field(default_factory=list)
    fills: list[Name] = field(default_factory=list)
    _locks: dict[tuple[str, Name], Lock] = field(default_factory=dict)
    _beyond: dict[tuple[Reach, Name], Beyond] = field(default_factory=dict)

    def lock(
        self,
        name: Name,
        mode: LockMode,
        kind: str = "table",
        *,
        why: str | None = None,
        note: str | None = None,
        reach: Mapping[Reach, LockMode] = _NOTHING,
    ) -> None:
        """Takes a lock on ``name`` and on what it reaches; of two on one thing the stronger."""
        for which, its_mode in reach.items():
            self.beyond(name, which, its_mode, kind)
        if name in self.created:
            return
        key = (kind, name)
        if key not in self._locks or self._locks[key].mode < mode:
            self._locks[key] = Lock(mode, written(name), kind, *name, why=why, note=note)

    def beyond(self, name: Name, reach: Reach, mode: LockMode, kind: str = "table") -> None:
        """Takes a lock on relations that only the catalog can name."""
        if name in self.created and reach.own:  # new as well: it blocks nobody
            return
        key = (reach, name)
        if key not in self._beyond or self._beyond[key].mode < mode:
            self._beyond[key] = Beyond(mode, reach, written(name), kind, *name)

    def empty(self, name: Name) -> bool:
        """Whether a relation was created earlier in the file and nothing was put into it."""
        return name in self.created and name not in self.filled

    def scan(self, name: Name, *unless: str) -> None:
        """Reads a table from end to end, perhaps."""
        self._work(name, self.scans, unless)

    def rewrite(self, name: Name, *unless: str) -> None:
        """Writes every row of a table anew, perhaps."""
        self._work(name, self.rewrites, unless)

    def _work(self, name: Name, where: list[str], unless: tuple[str, ...]) -> None:
        if self.empty(name):
            return
        self.long = True
        if name not in self.created and (text := written(name)) not in where:
            where.append(text)
            self.unsure += unless

    def finish(self) -> Effects:
        """The effects, with the strongest locks first."""
        return Effects(
            command=self.command,
            locks=tuple(sorted(self._locks.values(), key=lambda lock: -lock.mode)),
            beyond=tuple(self._beyond.values()),
            known=self.known,
            autocommit=self.autocommit,
            rewrites=tuple(self.rewrites),
            scans=tuple(self.scans),
            unsure=tuple(dict.fromkeys(self.unsure)),
            creates=tuple(self.creates),
            drops=tuple(self.drops),
            renames=tuple(self.renames),
            fills=tuple(self.fills),
            may_be_long=self.long,
        )
