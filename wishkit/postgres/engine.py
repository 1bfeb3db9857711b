"""Run one migration exactly: all of it with its record, or none of it."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from wishkit.core.events import MigrationFinished, MigrationStarted, Noted, StatementsStarted
from wishkit.errors import Interrupted, MigrationFailed, WishkitError
from wishkit.postgres import failure
from wishkit.postgres.ledger import is_large, keep_large_script
from wishkit.postgres.session import Lost, Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import psycopg
    from psycopg.pq.abc import PGresult

    from wishkit.core.batches import Batch
    from wishkit.core.plan import Step
    from wishkit.errors import Location
    from wishkit.postgres.run import Run

_ROWS_SHOWN = 20
_ROLLED_BACK = "40"  # class of SQLSTATE: serialization failure, deadlock; nobody's mistake
_BEGIN = b"BEGIN;\n"


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
    """

    run: Run
    step: Step
    batches: Sequence[Batch]
    began: float = field(default_factory=time.monotonic)
    timings: list[dict[str, float]] = field(default_factory=list)
    current: Batch | None = None

    @property
    def place(self) -> Location:
        """The statement that went to the server last."""
        span = (self.current or self.batches[0]).spans[0]
        return self.step.script.locate(span.start, span.end)

    @property
    def elapsed(self) -> float:
        """Seconds since it began."""
        return time.monotonic() - self.began

    @property
    def statements(self) -> str | None:
        """The timings as the ledger keeps them."""
        return json.dumps(self.timings) if self.timings else None

    def announce(self, batch: Batch) -> None:
        """Tell the listener what goes to the server now."""
        self.current = batch
        source = self.step.script.source
        sql = source[batch.start : min(batch.spans[0].end, batch.start + 200)]
        text = " ".join(sql.decode(errors="ignore").split())
        self.run.listener(StatementsStarted(self.step.id, batch.first, batch.last, text))

    def timed(self, batch: Batch, began: float) -> None:
        """Keep how long a message took."""
        milliseconds = round((time.monotonic() - began) * 1000, 3)
        self.timings.append({"first": batch.first, "last": batch.last, "ms": milliseconds})

    def note_rows(self, results: Sequence[PGresult]) -> None:
        """A migration's SELECT shows its rows as a note; they are nobody's result."""
        for result in results:
            if result.ntuples and result.nfields:
                self.run.listener(Noted(self.step.id, "ROWS", _table(result)))

    def record(self) -> bytes:
        """SQL that records success, to be sent with the SQL of the migration."""
        step, recorder = self.step, self.run.recorder
        record = recorder.done(
            step.migration,
            step.direction,
            transactional=step.transactional,
            elapsed=None if step.transactional else self.elapsed,
            statements=self.statements,
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
        )
        try:
            self.run.session.send(message)
        except (Refused, Lost) as second:
            text = f"the failure could not be recorded in the ledger: {second}"
            self.run.listener(Noted(self.step.id, "WARNING", text))


def run_step(
    run: Run, step: Step, batches: Sequence[Batch], *, position: int, total: int
) -> Attempt:
    """Run one migration and record it.

    Args:
        run: holds the lock.
        step: what to run.
        batches: of ``step.script``, already checked.
        position: 1-based place among ``total``, for the listener.
        total: how many migrations this run has.

    Raises:
        MigrationFailed: rolled back.
        MigrationPartial: stopped between statements of a non-transactional migration.
        OutcomeUnknown: the connection was lost and the server did not come back.
        Interrupted: asked to stop.
    """
    from wishkit.postgres.journal import run_stepwise  # noqa: PLC0415 - builds on this
    from wishkit.postgres.steps import how_far  # noqa: PLC0415 - as above

    run.check_lock()
    note = step.why or (f"resumed after statement {step.done}" if step.done else None)
    count = batches[-1].last
    run.listener(MigrationStarted(step.id, step.direction, position, total, count, note))
    attempt = Attempt(run, step, batches)  # its clock starts when everybody has been told
    removals = _listen(attempt)
    try:
        if step.transactional:
            _run_transaction(attempt)
        else:
            run_stepwise(attempt)
    except KeyboardInterrupt:
        error = _settle_interrupt(attempt)
        if not step.transactional and (far := how_far(attempt)):
            error.state = f"{far}; {run.position}"
        raise error from None
    finally:
        removals()
    if step.direction == "forward":
        run.applied.append(step.id)
    elif step.id in run.applied:
        run.applied.remove(step.id)
    run.listener(MigrationFinished(step.id, step.direction, attempt.elapsed))
    return attempt


def _listen(attempt: Attempt) -> Callable[[], None]:
    """Pass on what the server says; returns what ends that."""
    connection = attempt.run.session.connection

    def hear(diagnostic: psycopg.errors.Diagnostic) -> None:
        severity = diagnostic.severity_nonlocalized or diagnostic.severity or "NOTICE"
        attempt.run.listener(Noted(attempt.step.id, severity, diagnostic.message_primary or ""))

    connection.add_notice_handler(hear)
    return lambda: connection.remove_notice_handler(hear)


def _run_transaction(attempt: Attempt) -> None:
    """Statements, cleaning and ledger in one transaction; in one message where nothing forbids.

    The COMMIT travels with what it commits, so a connection that dies leaves all or nothing, and
    the ledger knows which.
    """
    try:
        _send(attempt)
    except Lost as lost:
        _settle_lost(attempt, lost)


def _send(attempt: Attempt) -> None:
    session = attempt.run.session
    batch, prefix = attempt.batches[0], _BEGIN
    large = is_large(attempt.step.migration)
    try:
        if large:
            session.send(prefix)
            keep_large_script(session, attempt.step.migration)
            prefix = b""
        for batch in attempt.batches:
            attempt.announce(batch)
            if batch.kind == "copy" and prefix:
                session.send(prefix)
                prefix = b""
            if batch is attempt.batches[-1] and batch.kind == "together":
                _finish(attempt, prefix, batch, keep=not large)
                return
            _send_batch(attempt, prefix, batch)
            prefix = b""
        _finish(attempt, b"", None, keep=not large)
    except Refused as refused:
        raise _failed(attempt, batch, refused, prefix) from refused.error


def _send_batch(attempt: Attempt, prefix: bytes, batch: Batch) -> None:
    session, source = attempt.run.session, attempt.step.script.source
    began = time.monotonic()
    body = source[batch.start : batch.end]
    data = batch.spans[0].data
    if data is None:
        attempt.note_rows(session.send(prefix + body))
    else:
        session.copy(body, [memoryview(source)[slice(*data)]])
    attempt.timed(batch, began)


def _finish(attempt: Attempt, prefix: bytes, batch: Batch | None, *, keep: bool) -> None:
    """Send what is left, clean the session, record, commit."""
    session, migration = attempt.run.session, attempt.step.migration
    message, statements = b"", 0
    if batch:
        message = prefix + attempt.step.script.source[batch.start : batch.end] + b"\n;\n"
        statements = bool(prefix) + len(batch.spans)
    message += session.clean + b";\n"
    if keep:
        message += attempt.run.recorder.keep(migration) + b";\n"
    try:
        results = session.send(message + attempt.record() + b";\nCOMMIT")
    except Refused as refused:
        if refused.completed < statements:
            raise
        raise _after_statements(attempt, refused, refused.completed - statements) from refused
    attempt.note_rows(results[:statements])


def _after_statements(attempt: Attempt, refused: Refused, index: int) -> WishkitError:
    """The migration's own statements went through, but it cannot be committed as it leaves things.

    The first statement of the tail fires deferred constraints, the last one commits; between them,
    a session or a ledger is found that the migration has broken.
    """
    attempt.run.session.rollback()
    ledger = index > 0 and (refused.error.sqlstate or "")[:2] != _ROLLED_BACK
    help_ = (
        "its statements went through, but afterwards the ledger could not be written: does it "
        "drop, rename or lock the ledger's tables, or make the transaction read-only?"
    )
    error = failure.describe(
        MigrationFailed,
        refused.error,
        where=attempt.place,
        state=_undone(attempt),
        help_=help_ if ledger else None,
    )
    if ledger:
        error.code = "ledger-not-written"
    attempt.record_failure(error, "failed")
    return error


def _failed(attempt: Attempt, batch: Batch, refused: Refused, prefix: bytes) -> WishkitError:
    attempt.run.session.rollback()
    completed = max(0, refused.completed - bool(prefix))
    where = failure.place(attempt.step, batch, completed, refused.error, len(prefix))
    state = _undone(attempt)
    error = failure.describe(MigrationFailed, refused.error, where=where, state=state)
    attempt.record_failure(error, "failed")
    return error


def _undone(attempt: Attempt) -> str:
    verb = "was rolled back" if attempt.step.direction == "forward" else "stays applied"
    return f"{attempt.step.id} {verb}; {attempt.run.position}"


def _settle_lost(attempt: Attempt, lost: Lost) -> None:
    """The connection died: find out from the ledger whether the COMMIT got through."""
    run, step = attempt.run, attempt.step
    if run.settle(step.id) == (step.direction == "forward"):
        text = "the connection was lost at COMMIT; the ledger says the migration was committed"
        run.listener(Noted(step.id, "WARNING", text))
        return
    error = failure.describe(
        MigrationFailed,
        lost.error,
        where=attempt.place,
        state=_undone(attempt),
        help_="the connection to the server was lost; the ledger was asked on a new one. "
        "Run the same command again",
    )
    error.code = "connection-lost"
    attempt.record_failure(error, "failed")
    raise error from lost.error


def _settle_interrupt(attempt: Attempt) -> Interrupted:
    """Asked to stop: the running statement was cancelled; find out how that ended."""
    run, step = attempt.run, attempt.step
    try:
        run.session.rollback()
        run.session.send(run.session.clean)
        applied = run.is_applied(step.id)
    except Lost:
        applied = run.settle(step.id)
    if applied and step.id not in run.applied:
        run.applied.append(step.id)
    elif not applied and step.id in run.applied:
        run.applied.remove(step.id)
    if applied == (step.direction == "forward"):
        state = f"{step.id} was committed before the interrupt; {run.position}"
        return Interrupted("interrupted", state=state)
    error = Interrupted("interrupted", state=_undone(attempt))
    attempt.record_failure(error, "interrupted")
    return error


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
