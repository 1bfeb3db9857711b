"""What taking over came to, or would come to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wishkit.commands.checked import Check
    from wishkit.errors import Location

NOTHING_CHANGED = "nothing was changed"


@dataclass(frozen=True, slots=True)
class Taken:
    """One migration that is taken over.

    Attributes:
        original: what the other tool calls it.
        id: what it is called from now on.
        applied: by the other tool's ledger.
        state: ``new``; ``kept``: its files are in sql/migrations already and stay as they are;
            ``undecided``: no pair could be made of it.
        transactional: whether it runs as one transaction.
        irreversible: why there is no way back; null if there is one.
        verify: path of the file that proves it was done, null if there is none.
    """

    original: str
    id: str
    applied: bool
    state: Literal["new", "kept", "undecided"]
    transactional: bool
    irreversible: str | None
    verify: str | None


@dataclass(frozen=True, slots=True)
class Undecided:
    """What only a person can decide.

    Attributes:
        message: what it is.
        where: the place in the other tool's file, if it is in one.
        help: what can be done.
    """

    message: str
    where: Location | None
    help: str | None


@dataclass(frozen=True, slots=True)
class Adoption:
    """A history that is taken over, or would be.

    Attributes:
        database: which one, without secrets.
        source: the other tool; ``baseline`` for none.
        folder: where its files are; null for none.
        ledger: its own table; null if there is none here.
        target: where our files are.
        outcome: ``planned``: it can be done, and nothing was changed; ``adopted``; ``undecided``:
            something has to be decided before; ``drift``: the database is not what these
            migrations make. After the last two nothing was changed.
        migrations: in their order.
        undecided: what keeps it from being done.
        notes: what is to be known.
        check: how the database compares with the migrations that are applied; null where that
            could not be tried.
        ignore: ``[[drift.ignore]]`` for the other tool's own tables, as wishkit.toml has it; empty
            if it is there.
        configuration: the file into which a person has to put that; null where there is none yet,
            so that it is written.
        written: files that were written.
        recorded: migrations that were recorded as applied.
        hints: what to do next, in words.
    """

    database: str
    source: str
    folder: str | None
    ledger: str | None
    target: str
    outcome: Literal["planned", "adopted", "undecided", "drift"]
    migrations: tuple[Taken, ...]
    undecided: tuple[Undecided, ...] = ()
    notes: tuple[str, ...] = ()
    check: Check | None = None
    ignore: str = ""
    configuration: str | None = None
    written: tuple[str, ...] = ()
    recorded: tuple[str, ...] = ()
    hints: tuple[str, ...] = ()

    @property
    def exit_status(self) -> int:
        """1: it cannot be done yet."""
        return 0 if self.outcome in {"planned", "adopted"} else 1


def toml(entries: Sequence[tuple[str, str]], source: str) -> str:
    """``[[drift.ignore]]`` for the tables of another tool."""
    return "\n".join(
        f'[[drift.ignore]]\nkind = "{kind}"\nname = "{name}"\n'
        f'reason = "kept by {source}; drop it once nobody needs it, and this entry"\n'
        for kind, name in entries
    )
