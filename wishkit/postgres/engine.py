"""Run one migration exactly: all of it with its record, or none of it."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from wishkit.core.events import MigrationFinished, MigrationStarted, Noted, StatementsStarted
from wishkit.errors import Interrupted, LedgerError, MigrationFailed, WishkitError
from wishkit.postgres import failure
from wishkit.postgres.ledger import is_large, keep_large_script
from wishkit.postgres.session import Lost, Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import psycopg
    from psycopg.pq.abc import PGresult

    from wishkit.core.batches import Batch
    from wishkit.core.plan import Step
    from wishkit.postgres.run import Run

_ROWS_SHOWN = 20
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
    """

    run: Run
    step: Step
    batches: Sequence[Batch]
    began: float = field(default_factory=time.monotonic)
    timings: list[dict[str, float]] = field(default_factory=list)

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
        return self.run.recorder.done(
            self.step.migration,
            self.step.direction,
            transactional=self.step.transactional,
            elapsed=None if self.step.transactional else self.elapsed,
            statements=self.statements,
        )

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
    from wishkit.postgres.journal import run_stepwise  # noqa: PLC0415 - it builds on this module

    run.check_lock()
    attempt = Attempt(run, step, batches)
    note = step.why or (f"resumed after statement {step.done}" if step.done else None)
    count = batches[-1].last
    run.listener(MigrationStarted(step.id, step.direction, position, total, count, note))
    removals = _listen(attempt)
    try:
        if step.transactional:
            _run_transaction(attempt)
        else:
            run_stepwise(attempt)
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
    batch, prefix = attempt.batches[0], _BEGIN
    try:
        for batch in attempt.batches:
            attempt.announce(batch)
            last = batch is attempt.batches[-1] and batch.kind == "together"
            if last:
                _finish(attempt, prefix, batch)
                return
            _send_batch(attempt, prefix, batch)
            prefix = b""
        _finish(attempt, b"", None)
    except Refused as refused:
        raise _failed(attempt, batch, refused, prefix) from refused.error
    except Lost as lost:
        _settle_lost(attempt, lost)
    except KeyboardInterrupt:
        raise settle_interrupt(attempt) from None


def _send_batch(attempt: Attempt, prefix: bytes, batch: Batch) -> None:
    session, source = attempt.run.session, attempt.step.script.source
    began = time.monotonic()
    body = source[batch.start : batch.end]
    data = batch.spans[0].data
    if data is None:
        attempt.note_rows(session.send(prefix + body))
    else:
        if prefix:
            session.send(prefix)
        session.copy(body, [memoryview(source)[slice(*data)]])
    attempt.timed(batch, began)


def _finish(attempt: Attempt, prefix: bytes, batch: Batch | None) -> None:
    """Send what is left, clean the session, record, commit."""
    session, migration = attempt.run.session, attempt.step.migration
    message, statements = b"", 0
    if batch:
        message = prefix + attempt.step.script.source[batch.start : batch.end] + b"\n;\n"
        statements = bool(prefix) + len(batch.spans)
    clean = session.clean + b";\n"
    try:
        if is_large(migration):
            if message:
                session.send(message)
            message, statements = b"", 0
            session.send(clean)
            keep_large_script(session, migration)
            message, clean = attempt.record(), b""
            results = session.send(message + b";\nCOMMIT")
        else:
            keep = attempt.run.recorder.keep(migration) + b";\n"
            results = session.send(message + clean + keep + attempt.record() + b";\nCOMMIT")
    except Refused as refused:
        if refused.completed < statements:
            raise
        raise _after_statements(attempt, refused, refused.completed - statements) from refused
    if results[-1].command_status != b"COMMIT":
        raise LedgerError("the server answered COMMIT with ROLLBACK", code="not-committed")
    attempt.note_rows(results[:statements])


def _after_statements(attempt: Attempt, refused: Refused, index: int) -> WishkitError:
    """The migration's own statements went through, but it cannot be committed as it leaves things.

    The first statement of the tail fires deferred constraints; the others find a session or a
    ledger that the migration has broken.
    """
    run, step = attempt.run, attempt.step
    run.session.rollback()
    where = step.script.locate(attempt.batches[-1].start, attempt.batches[-1].end)
    state = f"{step.id} was rolled back; {run.position}"
    help_ = None
    if index > 0:
        help_ = (
            "its statements went through, but afterwards the ledger could not be written: does it "
            "drop or lock the ledger's tables, or make the transaction read-only?"
        )
    error = failure.describe(MigrationFailed, refused.error, where=where, state=state, help_=help_)
    if index > 0:
        error.code = "ledger-damaged"
    attempt.record_failure(error, "failed")
    return error


def _failed(attempt: Attempt, batch: Batch, refused: Refused, prefix: bytes) -> WishkitError:
    run, step = attempt.run, attempt.step
    run.session.rollback()
    completed = max(0, refused.completed - bool(prefix))
    where = failure.place(step, batch, completed, refused.error, len(prefix))
    verb = "was rolled back" if step.direction == "forward" else "stays applied"
    error = failure.describe(
        MigrationFailed, refused.error, where=where, state=f"{step.id} {verb}; {run.position}"
    )
    attempt.record_failure(error, "failed")
    return error


def _settle_lost(attempt: Attempt, lost: Lost) -> None:
    """The connection died: find out from the ledger whether the COMMIT got through."""
    run, step = attempt.run, attempt.step
    run.reconnect()
    if run.is_applied(step.id) == (step.direction == "forward"):
        text = "the connection was lost at COMMIT; the ledger says the migration was committed"
        run.listener(Noted(step.id, "WARNING", text))
        return
    verb = "was rolled back" if step.direction == "forward" else "stays applied"
    error = failure.describe(
        MigrationFailed,
        lost.error,
        where=step.script.locate(attempt.batches[0].start),
        state=f"{step.id} {verb}; {run.position}",
        help_="the connection to the server was lost; the ledger was asked on a new one. "
        "Run the same command again",
    )
    error.code = "connection-lost"
    attempt.record_failure(error, "failed")
    raise error from lost.error


def settle_interrupt(attempt: Attempt) -> Interrupted:
    """Asked to stop: the running statement was cancelled; find out how that ended."""
    run, step = attempt.run, attempt.step
    try:
        run.session.rollback()
        run.session.send(run.session.clean)
        applied = run.is_applied(step.id)
    except Lost:
        run.reconnect()
        applied = run.is_applied(step.id)
    if applied and step.direction == "forward":
        run.applied.append(step.id)
    elif not applied and step.id in run.applied:
        run.applied.remove(step.id)
    went_through = applied == (step.direction == "forward")
    verb = "was committed before the interrupt" if went_through else "was rolled back"
    error = Interrupted("interrupted", state=f"{step.id} {verb}; {run.position}")
    if not went_through:
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
