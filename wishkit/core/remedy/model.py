"""What a remedy is made of, and the two databases it leads between."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wishkit.core.ddl.model import Whole
    from wishkit.core.schema import Change, Difference, Identity, Value

Name = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """Commands about one object.

    Attributes:
        identity: of the object.
        commands: without semicolons.
        loses: what they destroy, in words; empty if nothing that SQL could not bring back.
        alone: they cannot run in a transaction.
    """

    identity: Identity
    commands: tuple[str, ...]
    loses: str = ""
    alone: bool = False


@dataclass(frozen=True, slots=True)
class ByHand:
    """A difference for which no exact SQL can be written safely.

    Attributes:
        difference: with the definitions of both sides.
        reason: why not, and what a person can do.
    """

    difference: Difference
    reason: str


@dataclass(frozen=True, slots=True)
class Remedy:
    """What makes one database like another.

    Attributes:
        steps: in the order in which they run.
        by_hand: what is left to a person.
        causes: what has to make way, or is called otherwise, with the objects on whose account.
        renamed: what is there under another name.
    """

    steps: tuple[Step, ...] = ()
    by_hand: tuple[ByHand, ...] = ()
    causes: Mapping[Identity, tuple[Identity, ...]] = field(default_factory=dict)
    renamed: frozenset[Identity] = frozenset()

    @property
    def loses(self) -> tuple[str, ...]:
        """What is destroyed by it, in words."""
        return tuple(it.loses for it in self.steps if it.loses)


class ByHandError(Exception):
    """A change that no SQL makes safely; the message says why."""


class RebuildError(Exception):
    """A change that is made by dropping the object and making it again."""


@dataclass(frozen=True, slots=True)
class Sides:
    """The two databases.

    Attributes:
        want: how it should be.
        have: how it is.
        version: ``server_version_num`` of the one that is changed.
        large: tables that are not small: nothing may keep their clients waiting.
        anywhere: it is for any database: whoever owns most of it is nobody by name.
    """

    want: Whole
    have: Whole
    version: int
    large: frozenset[Name]
    anywhere: bool = False

    def owner(self, role: str | None) -> str | None:
        """How an owner is called; None for whoever runs it."""
        return None if self.anywhere and role == self.want.owner else role


@dataclass(frozen=True, slots=True)
class Edit:
    """One object that is in both, and what of it is different.

    Attributes:
        identity: of the object.
        changes: by attribute.
        sides: both databases.
    """

    identity: Identity
    changes: Mapping[str, Change]
    sides: Sides

    def want(self, attribute: str) -> Value:
        """How an attribute should be, whether it differs or not."""
        return self.sides.want.items.get(self.identity, {}).get(attribute)

    def have(self, attribute: str) -> Value:
        """How an attribute is, whether it differs or not."""
        return self.sides.have.items.get(self.identity, {}).get(attribute)
