"""One migration being run in one direction: what is sent, said and recorded of it."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from wishkit.core.events import (
    MigrationFinished,
    MigrationStopped,
    Noted,
    StatementsFinished,
    StatementsStarted,
)
from wishkit.core.waits import Waits
from wishkit.core.weight import weighs
from wishkit.postgres.recorder import Met
from wishkit.postgres.session import Lost, Refused

if TYPE_CHECKING:
    from collections.abc import Sequence

    from psycopg.pq.abc import PGresult

    from wishkit.core.batches import Batch
    from wishkit.core.events import Blocker
    from wishkit.core.plan import Step
    from wishkit.errors import Location, WishkitError
    from wishkit.postgres.run import Run

_ROWS_SHOWN = 20


@dataclass(slots=True)
class Attempt:
    """One migration being run in one direction.

    Attributes:
        run: the run it is part of.
        step: which migration, and which way.
        batches: its statements, grouped into messages.
        began: client's monotonic clock, in seconds.
        timings: of the messages that were timed, for the ledger.
        current: what went to the server last.
        prefix: what was sent ahead of it in the same message.
        killed: sessions that were ended because they were in its way.
        waits: what was lost by others being in its way.
    """

    run: Run
    step: Step
    batches: Sequence[Batch]
    began: float = field(default_factory=time.monotonic)
    timings: list[dict[str, Any]] = field(default_factory=list)
    current: Batch | None = None
    prefix: bytes = b""
    killed: list[Blocker] = field(default_factory=list)
    waits: Waits = field(default_factory=Waits)
    _wrote: int | None = None
    _sizes: dict[str, list[int]] | None = None
    _portions: int | None = None
    _said: list[Noted] = field(default_factory=list)
    _heard: int = 0

    @property
    def place(self) -> Location:
        """The statement that went to the server last."""
        span = (self.current or self.batches[0]).spans[0]
        return self.step.script.locate(span.start, span.end)

    def place_behind(self, completed: int) -> Location:
        """The statement that was refused.

        Args:
            completed: how many statements of the last message had succeeded before.
        """
        batch = self.current or self.batches[0]
        index = max(0, completed - self.prefix.count(b";\n"))
        span = batch.spans[min(index, len(batch.spans) - 1)]
        return self.step.script.locate(span.start, span.end)

    @property
    def elapsed(self) -> float:
        """Seconds since it began."""
        return time.monotonic() - self.began

    @property
    def statements(self) -> str | None:
        """The timings as the ledger keeps them."""
        return json.dumps(self.timings) if self.timings else None

    def hear_anew(self) -> None:
        """What is said from here on has not been said before."""
        self._said.clear()
        self._heard = 0

    def hear_again(self) -> None:
        """What went out since ``hear_anew`` goes out once more, and is answered once more."""
        self._heard = 0

    def announce(self, batch: Batch, prefix: bytes = b"") -> None:
        """Tell the listener what goes to the server now."""
        self.current, self.prefix = batch, prefix
        source = self.step.script.source
        sql = source[batch.start : min(batch.spans[0].end, batch.start + 200)]
        text = " ".join(sql.decode(errors="ignore").split())
        self.run.listener(StatementsStarted(self.step.id, batch.first, batch.last, text))

    def try_anew(self) -> None:
        """What was sent of the message that is under way has not stayed."""
        self._wrote = self._sizes = self._portions = None

    def question(self, batch: Batch) -> bytes:
        """SQL to be sent before a message: how large is what its time depends on? Often nothing."""
        names = weighs(batch.effects) if batch.effects else None
        self._sizes = None if names is None else {}
        if not names:
            return b""
        return self.run.recorder.step("weights", names=json.dumps(names)) + b";\n"

    def answered(self, sizes: bytes | str | None) -> None:
        """Take up the answer to ``question``."""
        self._sizes = json.loads(sizes or b"{}")

    def portion(self, rows: int | None) -> None:
        """Take up that a statement that runs in batches has come one batch further."""
        self.wrote(rows)
        self._portions = 1 + (self._portions or 0)

    def wrote(self, rows: int | None) -> None:
        """Take up how many rows a statement of the message that is under way has written."""
        if rows is not None:
            self._wrote = rows + (self._wrote or 0)

    def timed(self, batch: Batch, began: float, waited: float = 0.0) -> None:
        """Keep how long a message took, and what it wrote.

        Args:
            batch: its statements.
            began: client's monotonic clock, in seconds.
            waited: how much of it was lost by others being in the way, in seconds.
        """
        milliseconds = round((time.monotonic() - began - waited) * 1000, 3)
        entry = {"first": batch.first, "last": batch.last, "ms": milliseconds}
        told = {"rows": self._wrote, "sizes": self._sizes, "batches": self._portions}
        self.timings.append(entry | {k: v for k, v in told.items() if v is not None})
        self._wrote = self._sizes = self._portions = None

    def came_through(self, batch: Batch) -> None:
        """Tell the listener how long the message took that was timed last."""
        took, step = self.timings[-1], self.step
        told = StatementsFinished(
            step.id, batch.first, batch.last, took["ms"] / 1000, took.get("rows")
        )
        self.run.listener(told)

    @property
    def finished(self) -> MigrationFinished:
        """What the listener is told when it is committed."""
        step, waits = self.step, self.waits
        return MigrationFinished(
            step.id, step.direction, self.elapsed, self.rows, waits.seconds, waits.tries
        )

    def stopped(self, outcome: str, code: str) -> MigrationStopped:
        """What the listener is told when it comes to nothing, or not to its end."""
        step, waits = self.step, self.waits
        return MigrationStopped(
            step.id,
            step.direction,
            outcome,
            code,
            self.elapsed,
            self.rows,
            waits.seconds,
            waits.tries,
        )

    @property
    def rows(self) -> int | None:
        """How many rows the messages that were timed have written; None where none writes any."""
        counts = [entry["rows"] for entry in self.timings if "rows" in entry]
        return sum(counts) if counts else None

    def heard(self, results: Sequence[PGresult]) -> None:
        """What a migration's statements came to: rows written are counted.

        A SELECT shows its rows as a note; they are nobody's result.
        """
        for result in results:
            self.wrote(rows_written(result))
            if result.ntuples and result.nfields:
                self.note("ROWS", _table(result))

    def note(self, severity: str, message: str) -> None:
        """Tell the listener what the server said, once, however often it has to say it."""
        note = Noted(self.step.id, severity, message)
        if self._said[self._heard : self._heard + 1] != [note]:
            self._said[self._heard :] = [note]
            self.run.listener(note)
        self._heard += 1

    @property
    def _met(self) -> Met:
        """What it met with, for the ledger."""
        return Met(
            accepted=self.run.accepted.get(self.step.id, ()),
            killed=[str(blocker) for blocker in self.killed],
            waits=self.waits.text(),
            rows=self.rows,
        )

    def record(self, last: Batch | None = None) -> bytes:
        """SQL that records success, to be sent with the SQL of the migration.

        Args:
            last: what goes to the server in the same message, if that is to be timed as well.
        """
        step, recorder = self.step, self.run.recorder
        record = recorder.done(
            step.migration,
            step.direction,
            transactional=step.transactional,
            elapsed=None if step.transactional else self.elapsed,
            statements=self.statements,
            last=(last.first, last.last) if last else None,
            met=self._met,
        )
        record += b";\n" + recorder.intact()
        if not step.transactional or any(p.id == step.id for p in self.run.ledger.partial):
            record += b";\n" + recorder.step("step_clear", id=step.id)
        return record

    def record_failure(self, error: WishkitError, outcome: str) -> None:
        """Keep what is known about an attempt that came to nothing.

        The run must not end with a second error that hides the first: what cannot be recorded is
        said as a note.
        """
        where = error.where
        details = {
            "code": error.code,
            "message": error.message,
            "file": where.path if where else None,
            "line": where.line if where else None,
            "column": where.column if where else None,
            "notes": error.notes,
        }
        message = self.run.recorder.failed(
            self.step.migration,
            self.step.direction,
            outcome=outcome,
            error=json.dumps(details),
            elapsed=self.elapsed,
            transactional=self.step.transactional,
            statements=self.statements,
            met=self._met,
        )
        try:
            self.run.session.send(message)
        except (Refused, Lost) as second:
            text = f"the failure could not be recorded in the ledger: {second}"
            self.run.listener(Noted(self.step.id, "WARNING", text))


def rows_written(result: PGresult) -> int | None:
    """How many rows a statement has written, by its command tag; None where it writes none."""
    tag = (result.command_status or b"").split()
    if len(tag) > 1 and (tag[0] in _WRITERS or (tag[0] == b"SELECT" and not result.nfields)):
        return int(tag[-1])
    return None


# A SELECT without columns is one INTO a table, or CREATE TABLE AS (manual, CommandComplete).
_WRITERS = frozenset({b"INSERT", b"UPDATE", b"DELETE", b"MERGE", b"COPY"})


def _table(result: PGresult) -> str:
    """Rows as text: a header line, the first rows, and how many there are."""

    def cell(row: int, column: int) -> str:
        value = result.get_value(row, column)
        return "" if value is None else value.decode(errors="replace")

    columns = range(result.nfields)
    names = [(result.fname(c) or b"").decode(errors="replace") for c in columns]
    lines = [" | ".join(names)]
    shown = min(result.ntuples, _ROWS_SHOWN)
    lines += [" | ".join(cell(row, c) for c in columns) for row in range(shown)]
    plural = "" if result.ntuples == 1 else "s"
    lines.append(f"({result.ntuples} row{plural})")
    return "\n".join(lines)
