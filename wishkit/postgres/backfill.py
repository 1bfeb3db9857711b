"""A statement run for a number of rows at a time, slowly enough for nobody to notice.

Every portion is a transaction of its own that also says in the journal how far it got, so a crash
at any moment is resumed behind the last one, and no row is changed twice or passed over. The
position always means the same: rows with a key up to it are as the migration leaves them, the
others as it finds them. Going forward it moves up, going backward down, so that it can turn round
anywhere.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from psycopg.pq import Escaping

from wishkit.core.backfill import Backfill, Pace
from wishkit.core.batches import batches
from wishkit.core.events import Progressed
from wishkit.errors import MigrationFailed
from wishkit.postgres.attempt import rows_written
from wishkit.postgres.neighbours import Neighbours
from wishkit.postgres.patience import Stalled
from wishkit.postgres.queries import query
from wishkit.postgres.session import Refused, quote
from wishkit.postgres.steps import (
    BEGIN,
    GaveUp,
    NotWritten,
    begin_line,
    clean_for_journal,
    end_line,
    journal_lines,
    writing,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wishkit.core.batches import Batch
    from wishkit.postgres.attempt import Attempt
    from wishkit.postgres.patience import Settings

_SERIALIZATION = "40001"
# Under which a key is written as text that means the same in any session.
_AS_TEXT = (
    "SET LOCAL datestyle = 'ISO, YMD'",
    "SET LOCAL timezone = 'UTC'",
    "SET LOCAL intervalstyle = 'iso_8601'",
    "SET LOCAL extra_float_digits = 1",
    "SET LOCAL bytea_output = 'hex'",
)


def run_in_batches(attempt: Attempt, batch: Batch, how: Backfill) -> None:
    """Run a statement portion by portion, from where it stands to the end of the keys.

    Args:
        attempt: the migration.
        batch: its statement.
        how: how that is restricted to a portion.

    Raises:
        GaveUp: the key cannot serve, or nothing could be done before the deadline.
        OutOfPatience: somebody held what it needs until the deadline.
        Refused: the statement, or what is written behind it, was refused.
        Lost: the connection went away.
    """
    patience = attempt.run.target.patience
    work = _Work(attempt, batch, how)
    patient = attempt.run.patient(attempt.step.id, (), attempt.killed, attempt.waits)
    neighbours = Neighbours(attempt.run, attempt.step.id)
    patient.run(work.look)
    while not work.ended:
        try:
            patient.run(work.portion)
        except (Stalled, Refused) as told:
            refused = told.refused if isinstance(told, Stalled) else told
            final = refused is told and refused.error.sqlstate != _SERIALIZATION
            if final or not patience.deadline:
                raise
            if work.idle >= patience.deadline:
                raise GaveUp(_disturbing(attempt)) from refused.error
            time.sleep(patience.attempt)  # those who waited go first
        else:
            neighbours.let_live(work.seconds, work.progress)
            work.moved = time.monotonic()
    attempt.run.listener(work.progress())


@dataclass(slots=True)
class _Work:
    """One statement being run portion by portion.

    Attributes:
        attempt: the migration.
        batch: its statement.
        how: how that is restricted.
        type: of the key, as SQL writes it.
        position: as the module says; None before the first portion.
        rows: how many have been gone through in this direction.
        total: about how many there are; None where nobody knows.
        pace: how many come next.
        known: whether this run has a line in the journal.
        retried: whether this portion has been tried before.
        ended: whether there is nothing left.
        moved: when the last portion was done, by the client's monotonic clock.
        seconds: how long that took.
    """

    attempt: Attempt
    batch: Batch
    how: Backfill
    type: str = ""
    position: str | None = None
    rows: int = 0
    total: int | None = None
    pace: Pace = field(init=False)
    known: bool = False
    retried: bool = False
    ended: bool = False
    moved: float = field(default_factory=time.monotonic)
    seconds: float = 0.0

    def __post_init__(self) -> None:
        self.pace = Pace(self.how.rows)

    @property
    def idle(self) -> float:
        """Seconds since the last portion."""
        return time.monotonic() - self.moved

    @property
    def _forward(self) -> bool:
        return self.attempt.step.direction == "forward"

    def progress(self, waiting_for: str | None = None) -> Progressed:
        """How far it is, for the listener."""
        total = None if self.total is None else max(self.total, self.rows)
        id_ = self.attempt.step.id
        return Progressed(id_, "rows", self.rows, total, "rows", waiting_for)

    def look(self, settings: Settings) -> None:
        """See whether the key can serve, where an earlier run stopped, and how much there is.

        Raises:
            GaveUp: ``batch-key``.
        """
        how = self.how
        recorder = self.attempt.run.recorder
        key = recorder.step("backfill_key", table=how.table, key=how.key).decode()
        found = self._ask(settings, key)
        problem = _problem(how, *found[0][:3]) if found else f"there is no table {how.table}"
        if problem:
            raise GaveUp(
                MigrationFailed(
                    problem,
                    code="batch-key",
                    where=self.attempt.place,
                    help="name a column that is NOT NULL and that a btree index begins with, best "
                    "the primary key; for a composite key, its leading column",
                )
            )
        ((type_, _, _, rows, size),) = found
        self.type = type_ or ""
        self.total = None if rows is None else int(rows)
        if int(size or 0) <= self.attempt.run.target.small.bytes:
            count_rows = query("backfill_count").format(target=how.target)
            ((count,),) = self._ask(settings, count_rows)
            self.total = int(count or 0)
        if question := self.attempt.question(self.batch):
            ((sizes,),) = self._ask(settings, question.decode().rstrip(";\n"))
            self.attempt.answered(sizes)
        self._resume()
        self.attempt.run.signpost.of = self.total

    def _resume(self) -> None:
        """Go on where the journal says; going backward, from where it says forward stopped."""
        line = journal_lines(self.attempt).get(self.batch.first)
        if line is None or line.done or line.position is None:
            return
        if line.direction == self.attempt.step.direction:
            self.position, self.rows = line.position, line.rows or 0
            if self.how.deletes and self.total is not None:
                self.total += self.rows
            return
        before = _way_there(self.attempt)
        if before and self.how.same_rows(before):
            self.position, self.total = line.position, line.rows

    def portion(self, settings: Settings) -> None:
        """Do the next rows, or see that there are none; may be called again if it is refused."""
        if self.retried:
            self.pace.disturbed()
            self.attempt.hear_again()
        else:
            self.attempt.hear_anew()
        self.retried = True
        key = quote(self.how.key)
        following = query("backfill_up") if self._forward else query("backfill_down")
        question = following.format(
            key=key,
            target=self.how.target,
            bounds=self._bounds(key, *self._rest),
            rows=self.pace.rows,
        )
        found = self._ask(settings, question, then=(BEGIN.decode().rstrip(";\n"), *settings))
        session = self.attempt.run.session
        if not found:
            session.rollback()
            self._end()
            return
        ((reached, number),) = found
        low, high = (self.position, reached) if self._forward else (reached, self.position)
        last = not self._forward and reached is None
        sql = self.how.restricted(self._bounds(self.how.column, low, high))
        rows = self.rows + int(number or 0)
        began = time.monotonic()
        try:
            record = self._record(reached, rows, last=last)
            results = session.send(sql.encode() + b"\n;\n" + record)
        except Refused as refused:
            session.rollback()
            if refused.completed > 1:  # behind the statement and SET CONSTRAINTS
                raise NotWritten(refused.completed, refused.error) from refused
            raise
        self.attempt.portion(rows_written(results[0]))
        self.seconds = time.monotonic() - began
        self.pace.took(self.seconds)
        self.position, self.rows, self.known, self.ended = reached, rows, True, last
        self.retried = False

    def _record(self, position: str | None, rows: int, *, last: bool) -> bytes:
        """What is said of a portion in its transaction."""
        attempt, batch = self.attempt, self.batch
        where = attempt.run.recorder.step(
            "step_position", id=attempt.step.id, statement=batch.first, position=position, rows=rows
        )
        line = b"" if self.known else begin_line(attempt, batch)
        end = end_line(attempt, batch) if last else attempt.run.recorder.intact() + b";\n"
        return clean_for_journal(attempt) + line + where + b";\n" + end + b"COMMIT"

    def _end(self) -> None:
        line = b"" if self.known else begin_line(self.attempt, self.batch)
        with writing():
            self.attempt.run.session.send(
                BEGIN
                + clean_for_journal(self.attempt)
                + line
                + end_line(self.attempt, self.batch)
                + b"COMMIT"
            )
        self.ended = True

    @property
    def _rest(self) -> tuple[str | None, str | None]:
        """Behind which key, and up to which, rows are still to be done."""
        return (self.position, None) if self._forward else (None, self.position)

    def _bounds(self, column: str, low: str | None, high: str | None) -> str:
        """A condition: the key is above one and not above the other."""
        sides = [
            f"{column} {sign} {self._literal(key)}"
            for sign, key in ((">", low), ("<=", high))
            if key is not None
        ]
        return f"({' AND '.join(sides)})" if sides else "true"

    def _literal(self, key: str) -> str:
        escape = Escaping(self.attempt.run.session.connection.pgconn).escape_literal
        return f"{escape(key.encode()).decode()}::{self.type}"

    def _ask(
        self, settings: Settings, question: str, *, then: Settings = ()
    ) -> Sequence[tuple[str | None, ...]]:
        """A question in a transaction of its own; ``then`` is sent behind it."""
        session = self.attempt.run.session
        message = ("BEGIN READ ONLY", *settings, *_AS_TEXT, question, "COMMIT", *then)
        try:
            results = session.send(";\n".join(message).encode())
        except Refused:
            session.rollback()
            raise
        result = results[1 + len(settings) + len(_AS_TEXT)]
        columns = range(result.nfields)
        return [
            tuple(v if (v := result.get_value(r, c)) is None else v.decode() for c in columns)
            for r in range(result.ntuples)
        ]


def _problem(how: Backfill, type_: str | None, required: str | None, sorted_: str | None) -> str:
    """Why a column cannot be the key; empty when it can."""
    if type_ is None:
        return f'{how.table} has no column "{how.key}"'
    if required != "t":
        return f'"{how.key}" may be null: rows without a key would be passed over'
    if sorted_ != "t":
        return (
            f'no index of {how.table} sorts by "{how.key}": every batch would read the whole table'
        )
    return ""


def _way_there(attempt: Attempt) -> Backfill | None:
    """How the migration that is undone went forward; its text is the one that was run."""
    migration = attempt.step.migration
    batched = migration.batched("forward")
    return batches(migration.forward, transactional=False, batched=batched)[0].backfill


def _disturbing(attempt: Attempt) -> MigrationFailed:
    return MigrationFailed(
        f"gave up: for {attempt.run.target.patience.deadline:g} s no batch came through, not even "
        "one of a single row, without making clients wait or colliding with them",
        code="stalls-clients",
        where=attempt.place,
        help="look at what it does to one row: a trigger, a foreign key without an index, a "
        "condition that cannot use one? Or run it in a quiet hour",
    )
