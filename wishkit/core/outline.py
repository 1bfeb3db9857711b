"""A plan as a person reads it before it runs: each statement, what it locks and whom that stops."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from wishkit.core.batches import parsed
from wishkit.core.rehearsal import together
from wishkit.core.statements import insert_target, split

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wishkit.core.locks import Effects
    from wishkit.core.plan import Step
    from wishkit.core.rehearsal import Measured


@dataclass(frozen=True, slots=True)
class Held:
    """One lock.

    Attributes:
        mode: as the manual writes it, such as ``SHARE ROW EXCLUSIVE``.
        relation: on what, as it would be written.
        kind: what that is: table, index, type, …
        reach: which relations around ``relation`` are meant instead of itself, in words; None:
            itself.
        own: they are part of ``relation``: its indexes, partitions, sequences.
        why: the reason, where the relation is not the statement's own object.
        note: a limit of what is told here.
    """

    mode: str
    relation: str
    kind: str
    reach: str | None = None
    own: bool = False
    why: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Outline:
    """One statement, or several in a row that are alike.

    Attributes:
        first: number of the first statement in its file, from 1.
        last: number of the last one.
        line: where the first one begins, from 1.
        command: what it is, as in ``ALTER TABLE … ADD COLUMN``.
        subject: what it is about, where that can be told.
        autocommit: PostgreSQL refuses it inside a transaction.
        known: False where only running it would tell: assume the strongest lock.
        lock: the strongest mode on a relation; None where there is none.
        blocks_reads: whether SELECTs have to wait for it.
        blocks_writes: whether INSERT, UPDATE and DELETE have to wait for it.
        locks: all of them, strongest first.
        rewrites: tables whose rows it writes anew.
        scans: tables it reads from end to end.
        notes: why it may turn out otherwise.
        done: an earlier run has completed it.
        measured: what it was seen to do in a rehearsal; null if that was not looked at.
    """

    first: int
    last: int
    line: int
    command: str
    subject: str
    autocommit: bool
    known: bool
    lock: str | None
    blocks_reads: bool
    blocks_writes: bool
    locks: tuple[Held, ...]
    rewrites: tuple[str, ...]
    scans: tuple[str, ...]
    notes: tuple[str, ...]
    done: bool = False
    measured: Measured | None = None

    @property
    def count(self) -> int:
        """How many statements it stands for."""
        return self.last - self.first + 1


def outline(step: Step) -> tuple[Outline, ...]:
    """What a step's statements do to everybody else; those alike in a row are told once.

    Raises:
        MigrationFileError: the text cannot work.
    """
    script = step.script
    alike: list[_Run] = []
    inserts: dict[bytes, Outline] = {}
    line, counted = 1, 0
    for index, span, statement, what in parsed(script, split(script)):
        line += script.source.count(b"\n", counted, span.start)
        counted = span.start
        target = None if span.data else insert_target(script, span)
        if statement and what:
            told = _told(what)
            if target:
                inserts[target] = told
        else:  # only the first INSERT into the same columns is parsed: the others are like it
            told = inserts[target or b""]
        done = index <= step.done
        if alike and alike[-1].done == done and alike[-1].told == told:
            alike[-1].last = index
        else:
            alike.append(_Run(told, index, index, line, done))
    return tuple(
        replace(run.told, first=run.first, last=run.last, line=run.line, done=run.done)
        for run in alike
    )


def with_measured(outlines: Sequence[Outline], measured: Sequence[Measured]) -> tuple[Outline, ...]:
    """The same, each statement with what it was seen to do in a rehearsal."""
    return tuple(
        replace(it, measured=together([m for m in measured if it.first <= m.first <= it.last]))
        for it in outlines
    )


@dataclass(slots=True)
class _Run:
    """Statements in a row of which the same is told."""

    told: Outline
    first: int
    last: int
    line: int
    done: bool


def _told(what: Effects) -> Outline:
    """What there is to tell of a statement, wherever it stands."""
    strongest = what.strongest
    named = [
        Held(lock.mode.label, lock.relation, lock.kind, why=lock.why, note=lock.note)
        for lock in what.locks
    ]
    beyond = [
        Held(it.mode.label, it.relation, it.kind, reach=it.reach.value, own=it.reach.own)
        for it in what.beyond
    ]
    made = [it.name for it in (*what.creates, *what.drops)] + [it.name for it in what.fills]
    own = [lock.relation for lock in what.locks if lock.why is None]
    return Outline(
        first=0,
        last=0,
        line=0,
        command=what.command,
        subject=(own or made or [""])[0],
        autocommit=what.autocommit,
        known=what.known,
        lock=strongest.label if strongest else None,
        blocks_reads=strongest is not None and strongest.blocks_reads,
        blocks_writes=strongest is not None and strongest.blocks_writes,
        locks=(*named, *beyond),
        rewrites=what.rewrites,
        scans=what.scans,
        notes=what.unsure,
    )
