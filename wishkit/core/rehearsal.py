"""What a rehearsal found: each migration forward, backward and forward again, and what that did."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from wishkit.core.drift import in_any_order, reordered, without_tombstones
from wishkit.core.drift_words import change_words, object_words, sentence
from wishkit.core.locks.model import LockMode
from wishkit.core.schema import compare

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from wishkit.core.migration import Migration
    from wishkit.core.schema import Difference, Snapshot
    from wishkit.errors import WishkitError

# In a file: what the migration is meant to lose, `-- allow: rows-lost <reason>`.
ROWS_LOST = "rows-lost"

# What is said of drift, where what should be comes from migrations.
_TOLD_OF_DRIFT = re.compile(", which no migration (?:granted|added)")

Ended = Literal["passed", "failed", "irreversible", "none", "not run"]


@dataclass(frozen=True, slots=True)
class MeasuredLock:
    """A lock that a statement was seen to hold.

    Attributes:
        mode: as the manual writes it, such as ``SHARE ROW EXCLUSIVE``.
        relation: on what, with its schema unless that is public.
        kind: what that is: table, index, sequence, ….
    """

    mode: str
    relation: str
    kind: str

    @property
    def strength(self) -> LockMode:
        """The mode as something to compare."""
        return LockMode[self.mode.replace(" ", "_")]


@dataclass(frozen=True, slots=True)
class Measured:
    """What one statement did to relations that were there before, on the rehearsal's few rows.

    Attributes:
        first: number of the statement in its file, from 1.
        last: of the last one, where several INSERTs were looked at as one.
        line: where it begins, from 1.
        locks: the strongest on each relation, strongest first.
        rewrites: tables whose rows were written anew.
        seconds: how long it took.
    """

    first: int
    last: int
    line: int
    locks: tuple[MeasuredLock, ...]
    rewrites: tuple[str, ...]
    seconds: float


@dataclass(frozen=True, slots=True)
class Rows:
    """The contents of one table, whatever the order of its rows.

    Attributes:
        count: how many rows.
        columns: by name, a sum over the values.
        whole: a sum over whole rows.
    """

    count: int
    columns: Mapping[str, str]
    whole: str


@dataclass(frozen=True, slots=True)
class Loss:
    """A table whose rows are not what they were before a migration and its undoing.

    Attributes:
        table: with its schema unless that is public.
        before: how many rows there were.
        after: how many there are; null if the table is gone.
        columns: of the rows that are left: which have other values.
    """

    table: str
    before: int
    after: int | None
    columns: tuple[str, ...]

    def __str__(self) -> str:
        if self.after is None:
            return f"{self.table} is gone, with {_rows(self.before)}"
        if self.after != self.before:
            return f"{self.table} had {_rows(self.before)} and has {self.after:,}"
        if not self.columns:
            return f"{self.table}: values stand in other rows than before"
        return f"{self.table}: other values in {', '.join(self.columns)}"


@dataclass(frozen=True, slots=True)
class Problem:
    """One reason why a migration is not proven.

    Attributes:
        code: which of the checks failed, such as ``backward-failed`` or ``rows-lost``.
        text: one sentence.
        details: what differs, in words, one sentence each.
        error: what the server or the parser said, if it was an error.
    """

    code: str
    text: str
    details: tuple[str, ...] = ()
    error: WishkitError | None = None


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """How the rehearsal of one migration went.

    Attributes:
        id: which one.
        checksum: of the texts that were rehearsed.
        base: tells what was there before it: see `base_of`.
        forward: how it went.
        path: of its forward file.
        summary: its first comment line.
        backward: how undoing it went.
        again: how doing it once more went.
        verify: whether what it promises is there: none if there is no file in sql/verify.
        irreversible: why there is no way back, if there is none.
        problems: why it is not proven.
        reordered: tables whose columns stand in another order after its undoing; no problem.
        rows: how many rows were there before it.
        seconds: how long forward took.
        statements: what each statement of the forward file did.
        backward_statements: the same of the backward file.
        unmeasured: why statements could not be looked at one by one, if so.
    """

    id: str
    checksum: str
    base: str
    forward: Ended
    path: str
    summary: str = ""
    backward: Ended = "not run"
    again: Ended = "not run"
    verify: Ended = "none"
    irreversible: str | None = None
    problems: tuple[Problem, ...] = ()
    reordered: tuple[str, ...] = ()
    rows: int = 0
    seconds: float = 0.0
    statements: tuple[Measured, ...] = ()
    backward_statements: tuple[Measured, ...] = ()
    unmeasured: str | None = None

    @property
    def proven(self) -> bool:
        """Whether nothing was found that is wrong."""
        return self.forward == "passed" and not self.problems

    @property
    def strongest(self) -> MeasuredLock | None:
        """The strongest lock that forward took on a relation that was there before."""
        locks = [it.locks[0] for it in self.statements if it.locks]
        return max(locks, key=lambda it: it.strength, default=None)


def base_of(before: Iterable[Migration]) -> str:
    """Tells what a migration found when it was rehearsed: all texts before it, in their order."""
    digest = hashlib.sha256()
    for it in before:
        digest.update(f"{it.id} {it.checksum}\n".encode())
    return digest.hexdigest()[:16]


def together(measured: Sequence[Measured]) -> Measured | None:
    """What several statements in a row did, as one; None of none."""
    if not measured:
        return None
    strongest: dict[str, MeasuredLock] = {}
    for lock in sorted((lock for it in measured for lock in it.locks), key=lambda it: it.strength):
        strongest[lock.relation] = lock
    return Measured(
        measured[0].first,
        measured[-1].last,
        measured[0].line,
        tuple(sorted(strongest.values(), key=lambda it: (-it.strength, it.relation))),
        tuple(dict.fromkeys(table for it in measured for table in it.rewrites)),
        sum(it.seconds for it in measured),
    )


def not_undone(before: Snapshot, after: Snapshot) -> tuple[Problem | None, tuple[str, ...]]:
    """What a backward file leaves behind or does not put back; tables with columns reordered."""
    all_ = _living(compare(before, after, column_order=True))
    found, moved = in_any_order(all_), reordered(all_)
    if not found:
        return None, moved
    words = {"missing": "is not put back", "extra": "is left behind"}
    text = f"after its undoing the schema is not what it was: {_counted(found)}"
    return Problem("schema-not-restored", text, tuple(_in_words(found, words))), moved


def not_the_same_again(first: Snapshot, again: Snapshot) -> Problem | None:
    """Where doing a migration once more came to something else than the first time."""
    found = _living(compare(first, again))
    if not found:
        return None
    words = {"missing": "is missing the second time", "extra": "is there the second time only"}
    text = f"forward again comes to another schema than the first time: {_counted(found)}"
    return Problem("again-differs", text, tuple(_in_words(found, words)))


def losses(before: Mapping[str, Rows], after: Mapping[str, Rows]) -> tuple[Loss, ...]:
    """Tables whose rows are not what they were.

    Args:
        before: tables that held rows, by name.
        after: tables that hold rows, or are empty.
    """
    found = []
    for table, was in before.items():
        now = after.get(table)
        if now is None:
            found.append(Loss(table, was.count, None, ()))
            continue
        columns = tuple(
            name for name, value in was.columns.items() if now.columns.get(name, value) != value
        )
        mixed = was.whole != now.whole and list(was.columns) == list(now.columns)
        if now.count != was.count or columns or mixed:
            found.append(Loss(table, was.count, now.count, columns))
    return tuple(found)


def rows_lost(found: Sequence[Loss], migration: Migration) -> Problem | None:
    """The problem that lost rows are, unless the migration says that it is meant to lose them."""
    allowed = (*migration.allowed("forward"), *migration.allowed("backward"))
    if not found or any(it.rule == ROWS_LOST for it in allowed):
        return None
    tables = "one table" if len(found) == 1 else f"{len(found)} tables"
    text = f"after its undoing the rows of {tables} are not what they were"
    return Problem(ROWS_LOST, text, tuple(map(str, found)))


def _living(found: Iterable[Difference]) -> tuple[Difference, ...]:
    """Differences but for values of enums that were removed: nothing more can be done to them."""
    return tuple(left for it in found if (left := without_tombstones(it)))


def _in_words(found: Iterable[Difference], words: Mapping[str, str]) -> Iterator[str]:
    for it in found:
        subject = object_words(it.identity)
        if it.type != "different":
            yield f"{subject} {words[it.type]}"
            continue
        owner = (it.actual or {}).get("owner")
        changes = tuple(text for change in it.changes for text in change_words(change, owner=owner))
        yield _TOLD_OF_DRIFT.sub("", sentence(subject, changes or ("is different",)))


def _counted(found: Sequence[Difference]) -> str:
    return f"{len(found):,} difference{'' if len(found) == 1 else 's'}"


def _rows(count: int) -> str:
    return f"{count:,} row{'' if count == 1 else 's'}"
