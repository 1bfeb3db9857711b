"""What commands return: one shape each for runs, states and plans, rendered in many ways."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wishkit.core.migration import Direction
    from wishkit.core.probes import Verdict
    from wishkit.errors import WishkitError


@dataclass(frozen=True, slots=True)
class Done:
    """One migration that a run completed.

    Attributes:
        id: which one.
        direction: which way.
        seconds: how long it took.
        statements: how many its file has.
        summary: its first comment line.
    """

    id: str
    direction: Direction
    seconds: float
    statements: int
    summary: str


@dataclass(frozen=True, slots=True)
class Report:
    """What a run came to.

    Attributes:
        verb: what was asked.
        database: which one, without secrets.
        done: what was completed, in order.
        position: the migration applied last, afterwards.
        pending: how many are still pending afterwards.
        notes: what the reader should know besides.
        error: why it did not go on, if so.
        url: how to connect to it with psql, where that holds no secret.
        verdicts: with ``--verify``: whether what each migration promised holds, or whether
            nothing of it remains; one for each that has such a file.
    """

    verb: str
    database: str
    done: tuple[Done, ...] = ()
    position: str | None = None
    pending: int = 0
    notes: tuple[str, ...] = ()
    error: WishkitError | None = None
    url: str | None = None
    verdicts: tuple[Verdict, ...] = ()
